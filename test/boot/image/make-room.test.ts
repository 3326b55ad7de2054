import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { bytesOf, makeRoom, type RoomQuestion, type StoredCopy } from "../../../src/boot/image/make-room.ts";

const HOUR = 3_600_000;

function copy(id: string, madeMs: number, files: Readonly<Record<string, number>>): StoredCopy {
  return { id, madeMs, files: Object.entries(files).map(([sha256, sizeBytes]) => ({ sha256, sizeBytes })) };
}

const COPIES = [
  copy("old", 1, { k: 10, a: 100 }),
  copy("mid", 2, { k: 10, b: 100 }),
  copy("new", 3, { k: 10, c: 100 }),
];

function ask(question: Partial<RoomQuestion>) {
  const none = { copies: COPIES, needed: new Set<string>(), wantedBytes: 100, freeBytes: 1e9, nowMs: HOUR };
  return makeRoom({ ...none, maxBytes: 410, ...question });
}

describe("room for another copy", () => {
  test("is there without anything going, where there is enough", () => {
    expect(ask({})).toEqual({ type: "room", remove: [] });
  });

  test("counts what two copies share once", () => {
    expect(bytesOf(COPIES)).toBe(310);
  });

  test("is made by the oldest, and by no more than it takes", () => {
    expect(ask({ maxBytes: 409 })).toEqual({ type: "room", remove: ["old"] });
    expect(ask({ maxBytes: 309 })).toEqual({ type: "room", remove: ["old", "mid"] });
  });

  test("is never made by what somebody needs", () => {
    expect(ask({ maxBytes: 409, needed: new Set(["old"]) })).toEqual({ type: "room", remove: ["mid"] });
    expect(ask({ maxBytes: 209, needed: new Set(["old", "mid"]) })).toEqual({
      type: "full",
      short: "store",
      neededBytes: 210,
    });
  });

  test("is never made by what was made a moment ago: its link may come in the next", () => {
    expect(ask({ maxBytes: 409, nowMs: 600_002 })).toEqual({ type: "room", remove: ["old"] });
    expect(ask({ maxBytes: 309, nowMs: 600_001 }).type).toBe("full");
  });

  test("is made where the disk is short, too", () => {
    expect(ask({ freeBytes: 50 })).toEqual({ type: "room", remove: ["old"] });
    expect(ask({ freeBytes: -1000 })).toMatchObject({ type: "full", short: "disk" });
  });

  test("keeps within the bounds, whatever there is, or says that it cannot", () => {
    const copies = fc.uniqueArray(
      fc.record({
        id: fc.string({ minLength: 1, maxLength: 3 }),
        madeMs: fc.nat(HOUR),
        files: fc.array(
          fc.nat(9).map((n) => ({ sha256: String(n), sizeBytes: n * 10 })),
          { maxLength: 4 },
        ),
      }),
      { selector: ({ id }) => id, maxLength: 8 },
    );
    fc.assert(
      fc.property(
        copies,
        fc.nat(500),
        fc.nat(500),
        fc.nat(500),
        fc.nat(7),
        (copies, wantedBytes, maxBytes, freeBytes, n) => {
          const needed = new Set(copies.slice(0, n).map(({ id }) => id));
          const answer = makeRoom({ copies, needed, wantedBytes, maxBytes, freeBytes, nowMs: 2 * HOUR });
          if (answer.type === "full") return;
          const left = copies.filter(({ id }) => !answer.remove.includes(id));
          expect(answer.remove.some((id) => needed.has(id))).toBe(false);
          expect(bytesOf(left) + wantedBytes).toBeLessThanOrEqual(maxBytes);
          expect(wantedBytes).toBeLessThanOrEqual(freeBytes + bytesOf(copies) - bytesOf(left));
        },
      ),
    );
  });
});
