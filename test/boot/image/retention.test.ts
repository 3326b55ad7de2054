import { describe, expect, test } from "vitest";
import { isDone, type Use, type UseEvent, useStep } from "../../../src/boot/image/retention.ts";

const TIMES = { keepMs: 3_600_000, keepUnusedMs: 10_000 };

function history(...events: readonly (readonly [number, UseEvent])[]): Use {
  return events.reduce<Use | undefined>((use, [atMs, event]) => useStep(use, event, atMs), undefined) as Use;
}

describe("retention", () => {
  test("a generation that machines were told of is kept for an hour after its last use", () => {
    const use = history(
      [0, "published"],
      [50, "named"],
      [100, "opened"],
      [200, "closed"],
      [300, "superseded"],
    );
    expect(isDone(use, 300 + 3_599_999, TIMES)).toBe(false);
    expect(isDone(use, 300 + 3_600_000, TIMES)).toBe(true);
  });

  test("one that is being read is kept however long that takes", () => {
    const use = history([0, "published"], [10, "opened"], [20, "opened"], [30, "superseded"], [40, "closed"]);
    expect(isDone(use, 1e12, TIMES)).toBe(false);
    expect(isDone(useStep(use, "closed", 1e12), 1e12 + TIMES.keepMs, TIMES)).toBe(true);
  });

  test("a script that names it anew keeps it for another while", () => {
    const use = history([0, "published"], [10, "superseded"], [5000, "named"]);
    expect(isDone(use, 5000 + 3_599_999, TIMES)).toBe(false);
  });

  test("one that nobody was told of goes soon, so that fifty swaps a second do not pile up", () => {
    const use = history([0, "published"], [20, "superseded"]);
    expect(isDone(use, 20 + 9999, TIMES)).toBe(false);
    expect(isDone(use, 20 + 10_000, TIMES)).toBe(true);
  });
});
