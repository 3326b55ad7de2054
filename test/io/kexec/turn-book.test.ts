import { expect, test } from "vitest";
import { openTurnBook } from "../../../src/io/kexec/turn-book.ts";
import { createMemoryStore, type Store } from "../../../src/io/store/store.ts";
import { createWorld } from "../../../src/io/world.ts";
import { BETA, GENERATION, snapshotOf } from "../../support/worlds.ts";

const A = "52:54:00:00:00:0a";
const B = "52:54:00:00:00:0b";
const NOW_MS = 1_000_000_000;
const HOUR_MS = 3_600_000;

async function book(store: Store, clock = { offsetMs: 0, steadyMs: 0 }) {
  const wall = () => NOW_MS + clock.offsetMs + clock.steadyMs;
  const world = createWorld(snapshotOf([BETA], GENERATION));
  const turns = await openTurnBook({
    world,
    store,
    maxRebooting: () => 1,
    nowMs: wall,
    steadyNowMs: () => clock.steadyMs,
  });
  const ask = async (mac: string) => {
    const why = await turns.ask({ mac, host: BETA, generation: GENERATION });
    return why === undefined ? "go" : typeof why === "string" ? why : why.type;
  };
  const up = (mac: string, atMs = NOW_MS) =>
    world.record({
      ...{ type: "checked-in", bootId: "0011223344556677", mac, host: "beta", generation: GENERATION.id },
      peer: { address: "10.77.0.9", port: 1 },
      checkIn: { atMs, failedUnits: [], missingMounts: [], missingFiles: [] },
    });
  return { ask, up, wall };
}

test("a server that is started anew knows whose turn it is", async () => {
  const store = createMemoryStore();
  expect(await (await book(store)).ask(A)).toBe("go");
  const again = await book(store);
  expect(await again.ask(B)).toBe("others");
  expect(await again.ask(A)).toBe("go");
  again.up(A);
  expect(await again.ask(B)).toBe("go");
  expect([...(await store.load("kexec-turn")).keys()]).toEqual([B]);
});

test("what cannot be kept is not given, and is nobody's then", async () => {
  const store = createMemoryStore();
  const failing = { isFull: true };
  const full: Store = {
    ...store,
    put: (entries) => (failing.isFull ? Promise.reject(new Error("the disk is full")) : store.put(entries)),
  };
  const turns = await book(full);
  expect(await turns.ask(A)).toBe("unkept");
  failing.isFull = false;
  expect(await turns.ask(B)).toBe("go");
  expect(await turns.ask(A)).toBe("others");
});

test("what an other version wrote is left alone", async () => {
  const store = createMemoryStore();
  await store.put([{ kind: "kexec-turn", key: A, value: { grantedMs: "yesterday" } }]);
  expect(await (await book(store)).ask(B)).toBe("go");
});

test.each([-3 * HOUR_MS, 3 * HOUR_MS])(
  "a clock that is set by %d ms during a turn stops nobody",
  async (byMs) => {
    const store = createMemoryStore();
    const clock = { offsetMs: 0, steadyMs: 0 };
    const { ask, up, wall } = await book(store, clock);
    expect(await ask(A)).toBe("go");
    clock.offsetMs = byMs;
    expect(await ask(B)).toBe("others");
    clock.steadyMs += 120_000;
    // Who is started anew finds the turn as it is by the clock as it is.
    expect(await (await book(store, clock)).ask(B)).toBe("others");
    up(A, wall());
    expect(await ask(B)).toBe("go");
  },
);
