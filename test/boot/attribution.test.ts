import fc from "fast-check";
import { expect, test } from "vitest";
import { type Holders, holderOf, type SightingKind, sight } from "../../src/boot/attribution.ts";

const A = "52:54:00:00:00:0a";
const B = "52:54:00:00:00:0b";
const MINUTE_MS = 60_000;

function seen(...sightings: readonly (readonly [mac: string, kind: SightingKind, atMs: number])[]): Holders {
  return sightings.reduce<Holders>((holders, [mac, kind, atMs]) => sight(holders, mac, kind, atMs), []);
}

test("an address nobody was seen at is nobody's", () => {
  expect(holderOf([], 0)).toBeUndefined();
});

test("who took an address by DHCP is its only holder, whoever had it before", () => {
  expect(holderOf(seen([A, "lease", 0], [A, "request", 1], [B, "lease", 2]), 3)).toBe(B);
});

test("two machines behind one address are not told apart: nobody is guessed", () => {
  expect(holderOf(seen([A, "request", 0], [B, "request", 1]), 2)).toBeUndefined();
  expect(holderOf(seen([A, "lease", 0], [B, "request", 1], [B, "request", 2]), 3)).toBeUndefined();
});

test("one of them alone is known again when the other was not seen for half an hour", () => {
  const holders = seen([A, "request", 0], [B, "request", 10 * MINUTE_MS]);
  expect(holderOf(holders, 20 * MINUTE_MS)).toBeUndefined();
  expect(holderOf(holders, 35 * MINUTE_MS)).toBe(B);
  expect(holderOf(holders, 60 * MINUTE_MS)).toBeUndefined();
});

test("in any history at most three are kept, and a holder was really seen there within half an hour", () => {
  const sighting = fc.tuple(
    fc.constantFrom(A, B, "c", "d", "e"),
    fc.constantFrom("lease", "request"),
    fc.nat(1e6),
  );
  fc.assert(
    fc.property(fc.array(sighting, { maxLength: 30 }), (steps) => {
      let nowMs = 0;
      let holders: Holders = [];
      const last = new Map<string, number>();
      for (const [mac, kind, afterMs] of steps) {
        nowMs += afterMs;
        holders = sight(holders, mac, kind, nowMs);
        last.set(mac, nowMs);
        expect(holders.length).toBeLessThanOrEqual(3);
      }
      const holder = holderOf(holders, nowMs);
      if (holder !== undefined) expect(nowMs - (last.get(holder) ?? -1)).toBeLessThanOrEqual(30 * MINUTE_MS);
    }),
  );
});
