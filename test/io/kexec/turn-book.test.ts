import { expect, test } from "vitest";
import { openTurnBook } from "../../../src/io/kexec/turn-book.ts";
import { createMemoryStore, type Store } from "../../../src/io/store/store.ts";
import { createWorld } from "../../../src/io/world.ts";
import { BETA, GENERATION, snapshotOf } from "../../support/worlds.ts";

const A = "52:54:00:00:00:0a";
const B = "52:54:00:00:00:0b";
const NOW_MS = 1_000_000;

async function book(store: Store) {
  const world = createWorld(snapshotOf([BETA], GENERATION));
  const turns = await openTurnBook({ world, store, maxRebooting: () => 1, nowMs: () => NOW_MS });
  const ask = async (mac: string) => {
    const why = await turns.ask({ mac, host: BETA, generation: GENERATION });
    return why === undefined ? "go" : typeof why === "string" ? why : why.type;
  };
  const up = (mac: string) =>
    world.record({
      ...{ type: "checked-in", bootId: "0011223344556677", mac, host: "beta", generation: GENERATION.id },
      peer: { address: "10.77.0.9", port: 1 },
      checkIn: { atMs: NOW_MS, failedUnits: [], missingMounts: [], missingFiles: [] },
    });
  return { ask, up };
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
