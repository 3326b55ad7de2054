import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  isDone,
  type Needs,
  neededGenerations,
  type Use,
  type UseEvent,
  useStep,
} from "../../../src/boot/image/retention.ts";

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

const IDLE: Use = { readers: 0, lastUseMs: 0, isUnused: true };

function needs(given: Partial<Needs> & { readonly published?: Readonly<Record<string, string>> }): Needs {
  const { published = {}, ...rest } = given;
  return {
    ...TIMES,
    current: new Set(),
    uses: new Map(),
    wanted: new Set(),
    images: Object.keys(published),
    // The last one last, as one reads it.
    recordsOf: (image) => [...(published[image] ?? "")].reverse().map((id) => ({ id })),
    rollbackDepth: 3,
    ...rest,
  };
}

describe("what is needed", () => {
  test("is an image's current generation and the three before it", () => {
    const needed = neededGenerations(needs({ published: { beta: "abcdef" }, current: new Set("f") }), 0);
    expect(Object.fromEntries(needed)).toEqual({
      f: "current",
      e: "rollback",
      d: "rollback",
      c: "rollback",
    });
  });

  test("counts a generation that was published again among the last ones, once", () => {
    const needed = neededGenerations(needs({ published: { beta: "abcdaba" }, current: new Set("a") }), 0);
    expect([...needed.keys()].sort()).toEqual(["a", "b", "c", "d"]);
  });

  test("goes on from the last good one where what came after it is not current", () => {
    const needed = neededGenerations(needs({ published: { beta: "abcdef" }, current: new Set("d") }), 0);
    expect([...needed.keys()].sort()).toEqual(["c", "d", "e", "f"]);
  });

  test("is nothing of an image that no host has any more", () => {
    const needed = neededGenerations(needs({ published: { beta: "abc" }, images: ["gamma"] }), 0);
    expect(needed.size).toBe(0);
  });

  test("is what is pinned, however long ago it was published", () => {
    const needed = neededGenerations(
      needs({ published: { beta: "abcdefgh" }, current: new Set("h"), wanted: new Set("a") }),
      0,
    );
    expect(needed.get("a")).toBe("wanted");
    expect(needed.has("b")).toBe(false);
  });

  test("is what a machine is fetching, with a rollback depth of none", () => {
    const uses = new Map([
      ["a", { readers: 1, lastUseMs: 0, isUnused: false }],
      ["b", IDLE],
    ]);
    const needed = neededGenerations(
      needs({ published: { beta: "abc" }, current: new Set("c"), uses, rollbackDepth: 0 }),
      1e12,
    );
    expect(Object.fromEntries(needed)).toEqual({ a: "under-way", c: "current" });
  });

  const ID = fc.constantFrom(..."abcdefgh");
  const WORLD = fc.record({
    published: fc.dictionary(fc.constantFrom("beta", "gamma"), fc.string({ unit: ID, maxLength: 12 })),
    current: fc.uniqueArray(ID).map((ids) => new Set(ids)),
    wanted: fc.uniqueArray(ID).map((ids) => new Set(ids)),
    uses: fc
      .array(
        fc.tuple(
          ID,
          fc.record({ readers: fc.nat(2), lastUseMs: fc.nat(10_000_000), isUnused: fc.boolean() }),
        ),
      )
      .map((uses) => new Map(uses)),
    rollbackDepth: fc.nat(5),
  });

  test("has all that is current, wanted or read, and no more per image than the depth besides", () => {
    fc.assert(
      fc.property(WORLD, fc.nat(20_000_000), (world, nowMs) => {
        const needed = neededGenerations(needs(world), nowMs);
        for (const id of [...world.current, ...world.wanted]) expect(needed.has(id)).toBe(true);
        for (const [id, { readers }] of world.uses) if (readers > 0) expect(needed.has(id)).toBe(true);
        const forRollback = [...needed.values()].filter((need) => need === "rollback").length;
        expect(forRollback).toBeLessThanOrEqual(Object.keys(world.published).length * world.rollbackDepth);
      }),
    );
  });

  test("only grows with the depth", () => {
    fc.assert(
      fc.property(WORLD, fc.nat(20_000_000), (world, nowMs) => {
        const more = neededGenerations(needs({ ...world, rollbackDepth: world.rollbackDepth + 1 }), nowMs);
        for (const id of neededGenerations(needs(world), nowMs).keys()) expect(more.has(id)).toBe(true);
      }),
    );
  });
});
