import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  type Closure,
  type ClosurePath,
  closureBytes,
  diffClosures,
  formatClosure,
  parseClosure,
} from "../../../src/boot/history/closure.ts";

const KIB = 1024;
const path = (name: string, sizeBytes = 0): ClosurePath => ({ name, sizeBytes });

const anyPath: fc.Arbitrary<ClosurePath> = fc.record({
  name: fc.oneof(
    fc.constantFrom(
      "bash-5.2",
      "bash-5.3",
      "bash-5.3-dev",
      "linux-6.12",
      "linux-6.13-modules",
      "etc",
      "unit-a.service",
    ),
    fc.stringMatching(/^[0-9A-Za-z+._?=-]{1,20}$/),
  ),
  sizeBytes: fc.integer({ min: 0, max: 100_000 }),
});
const anyClosure: fc.Arbitrary<Closure> = fc.array(anyPath, { maxLength: 30 });

describe("what changed between two closures", () => {
  test("is told by package, with the versions that only one of them has", () => {
    const before = [
      path("bash-5.2", 10 * KIB),
      path("glibc-2.40"),
      path("glibc-2.40-bin"),
      path("nano-8.0", 1),
    ];
    const after = [
      path("bash-5.3", 30 * KIB),
      path("glibc-2.40", 9 * KIB),
      path("glibc-2.40-bin"),
      path("vim-9.1", 2),
    ];
    expect(diffClosures(before, after)).toEqual([
      { name: "bash", change: "changed", before: ["5.2"], after: ["5.3"], deltaBytes: 20 * KIB },
      { name: "glibc", change: "resized", before: [], after: [], deltaBytes: 9 * KIB },
      { name: "nano", change: "removed", before: ["8.0"], after: [], deltaBytes: -1 },
      { name: "vim", change: "added", before: [], after: ["9.1"], deltaBytes: 2 },
    ]);
  });

  test("of two versions at once the one that both have is left out", () => {
    expect(diffClosures([path("go-1.22"), path("go-1.23")], [path("go-1.23"), path("go-1.24")])).toEqual([
      { name: "go", change: "changed", before: ["1.22"], after: ["1.24"], deltaBytes: 0 },
    ]);
  });

  test("is nothing between a closure and itself, in any order", () => {
    fc.assert(
      fc.property(anyClosure, (closure) => {
        expect(diffClosures(closure, closure.toReversed())).toEqual([]);
      }),
    );
  });

  test("is the same the other way round, with the signs turned", () => {
    const turned = { added: "removed", removed: "added", changed: "changed", resized: "resized" } as const;
    fc.assert(
      fc.property(anyClosure, anyClosure, (one, other) => {
        const there = diffClosures(one, other);
        const back = diffClosures(other, one).map(({ name, change, before, after, deltaBytes }) => {
          return { name, change: turned[change], before: after, after: before, deltaBytes: 0 - deltaBytes };
        });
        expect(there).toEqual(back);
      }),
    );
  });

  test("accounts for what a closure grew by, but for the few kilobytes of what was only built anew", () => {
    fc.assert(
      fc.property(anyClosure, anyClosure, (one, other) => {
        const told = diffClosures(one, other).reduce((sum, { deltaBytes }) => sum + deltaBytes, 0);
        const untold = Math.abs(closureBytes(other) - closureBytes(one) - told);
        expect(untold).toBeLessThanOrEqual(8 * KIB * (one.length + other.length));
      }),
    );
  });
});

test("a closure that is kept as lines is that closure again", () => {
  fc.assert(
    fc.property(anyClosure, (closure) => {
      expect(parseClosure(formatClosure(closure))).toEqual(closure);
    }),
  );
});
