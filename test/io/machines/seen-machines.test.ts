import { describe, expect, test } from "vitest";
import type { BootClient } from "../../../src/boot/client.ts";
import { decide } from "../../../src/boot/decide.ts";
import { apply, EMPTY_SNAPSHOT } from "../../../src/boot/snapshot.ts";
import { type SeenOptions, startSeenMachines } from "../../../src/io/machines/seen-machines.ts";
import { createMemoryStore, type Store } from "../../../src/io/store/store.ts";
import { createWorld } from "../../../src/io/world.ts";
import { logEvents } from "../../support/event-log.ts";
import { BETA, BETA_MAC } from "../../support/worlds.ts";

const HOLDING = apply(EMPTY_SNAPSHOT, [{ type: "hosts", hosts: [BETA], strangers: "hold" }]);

/** A registry with a clock that is moved by hand; `ask` is a machine that asks for its script. */
function start(store: Store, options: Partial<SeenOptions> = {}) {
  const world = createWorld(HOLDING);
  const log = logEvents(world);
  const clock = { nowMs: Date.UTC(2026, 0, 1) };
  const seen = startSeenMachines({ world, store, now: () => clock.nowMs, ...options });
  const ask = (mac: string, more: Partial<BootClient> = {}) => {
    const client: BootClient = { mac, stage: "ipxe", ...more };
    const decision = decide(client, world.snapshot());
    world.record({ type: "script", peer: { address: "10.0.0.7", port: 1 }, client, decision });
  };
  return { world, log, clock, seen, ask };
}

/** Counts what is written, and how often. */
function countingStore() {
  const store = createMemoryStore();
  const batches: number[] = [];
  const put: Store["put"] = (entries) => {
    batches.push(entries.length);
    return store.put(entries);
  };
  return { ...store, put, batches };
}

function macOf(number: number): string {
  return `52:54:00:${[16, 8, 0].map((bits) => ((number >> bits) & 255).toString(16).padStart(2, "0")).join(":")}`;
}

test("machines are listed with what they say, the last one seen first", async () => {
  const { seen, ask, clock } = start(createMemoryStore());
  ask("00:1b:21:01:02:03", { serial: "S1" });
  clock.nowMs += 1000;
  ask(BETA_MAC);
  expect(await seen.list()).toMatchObject([
    { mac: BETA_MAC, told: { type: "refused", reason: "no-generation", host: "beta" }, vendor: "" },
    { mac: "00:1b:21:01:02:03", serial: "S1", address: "10.0.0.7", vendor: "Intel Corporate" },
  ]);
  await seen.close();
});

test("what was seen is there after a restart, and goes on being counted", async () => {
  const store = createMemoryStore();
  const first = start(store);
  first.ask("00:1b:21:01:02:03", { serial: "S1" });
  await first.seen.close();

  const second = start(store);
  second.clock.nowMs += 3_600_000;
  second.ask("00:1b:21:01:02:03");
  expect(await second.seen.list()).toMatchObject([
    {
      serial: "S1",
      visits: 2,
      vendor: "Intel Corporate",
      firstSeenMs: first.clock.nowMs,
      lastSeenMs: second.clock.nowMs,
    },
  ]);
  await second.seen.close();
});

test("a boot storm is written once, in small portions, not once a packet", async () => {
  const store = countingStore();
  const { seen, ask } = start(store);
  for (let round = 0; round < 5; round++) for (let number = 0; number < 1000; number++) ask(macOf(number));
  await seen.close();
  expect(store.batches).toEqual([250, 250, 250, 250]);
});

test("what is not written for a while is written by itself", async () => {
  const store = countingStore();
  const { seen, ask } = start(store, { saveAfterMs: 1 });
  ask(BETA_MAC);
  await expect.poll(() => store.batches).toEqual([1]);
  ask(BETA_MAC);
  await expect.poll(() => store.batches).toEqual([1, 1]);
  await seen.close();
});

test("a machine that is forgotten is forgotten on the disk too, until it asks again", async () => {
  const store = createMemoryStore();
  const { seen, ask } = start(store);
  ask(BETA_MAC);
  await seen.close();
  const next = start(store);
  expect(await next.seen.forget(BETA_MAC)).toBe(true);
  expect(await next.seen.forget(BETA_MAC)).toBe(false);
  await next.seen.close();
  expect(await start(store).seen.list()).toEqual([]);
});

describe("a flood of made-up addresses", () => {
  test("is kept within bounds in memory and on the disk, and pushes out no machine that has a host", async () => {
    const store = createMemoryStore();
    const { seen, ask } = start(store, { limit: 100 });
    ask(BETA_MAC);
    for (let number = 0; number < 5000; number++) ask(macOf(number));
    const list = await seen.list();
    expect(list).toHaveLength(101);
    expect(list.map(({ mac }) => mac)).toContain(BETA_MAC);
    expect(list.map(({ mac }) => mac)).toContain(macOf(4999));
    await seen.close();
    expect((await store.load("machine")).size).toBe(101);
  });

  test("pushes out those that were silent for the longest time", async () => {
    const { seen, ask } = start(createMemoryStore(), { limit: 3 });
    for (const number of [1, 2, 3, 1, 4]) ask(macOf(number));
    expect((await seen.list()).map(({ mac }) => mac).sort()).toEqual([macOf(1), macOf(3), macOf(4)]);
    await seen.close();
  });
});

test("a flood while the disk is full leaves nothing to write but what is remembered", async () => {
  let isFull = true;
  const store = countingStore();
  const failing: Store = {
    ...store,
    put: async (entries) => (isFull ? Promise.reject(new Error("full")) : store.put(entries)),
  };
  const { seen, ask, log } = start(failing, { limit: 100, saveAfterMs: 1 });
  for (let number = 0; number < 1000; number++) ask(macOf(number));
  await log.wait("notice");
  for (let number = 1000; number < 3000; number++) ask(macOf(number));
  isFull = false;
  await seen.close();
  expect(store.batches).toEqual([100]);
});

test("a machine that is pushed out while it is being written does not stay on the disk", async () => {
  const store = createMemoryStore();
  const { promise: written, resolve: finish } = Promise.withResolvers<void>();
  const { promise: began, resolve: begin } = Promise.withResolvers<void>();
  const slow: Store = {
    ...store,
    put: async (entries) => {
      begin();
      await written;
      await store.put(entries);
    },
  };
  const { seen, ask } = start(slow, { limit: 1, saveAfterMs: 1 });
  ask(macOf(1));
  await began;
  ask(macOf(2));
  finish();
  await seen.close();
  expect([...(await store.load("machine")).keys()]).toEqual([macOf(2)]);
});

test("a machine that gets a host is kept with those that have one", async () => {
  const { world, seen, ask } = start(createMemoryStore(), { limit: 1 });
  ask(macOf(1));
  world.change([{ type: "hosts", hosts: [{ ...BETA, macs: [macOf(1)] }] }]);
  ask(macOf(1));
  ask(macOf(2));
  expect((await seen.list()).map(({ mac }) => mac).sort()).toEqual([macOf(1), macOf(2)]);
  await seen.close();
});

test("what was kept and cannot be read is as if it had not been kept", async () => {
  const store = createMemoryStore();
  await store.put([
    { kind: "machine", key: BETA_MAC, value: { mac: BETA_MAC, visits: "many" } },
    { kind: "machine", key: "x", value: 7 },
  ]);
  expect(await start(store).seen.list()).toEqual([]);
});

test("a state that cannot be read, or a list of makers that is not there, leaves the machines that ask now", async () => {
  const broken: Store = { ...createMemoryStore(), load: () => Promise.reject(new Error("a page is broken")) };
  const { seen, ask, log } = start(broken, { lookUp: () => Promise.reject(new Error("no such file")) });
  ask(BETA_MAC);
  expect(await seen.list()).toMatchObject([{ mac: BETA_MAC }]);
  expect(log.of("notice").map(({ text }) => text)).toEqual([
    "which machines were seen before cannot be read: a page is broken",
    "who made which network card cannot be looked up: no such file",
  ]);
  await seen.close();
});

test("a disk that fails is said once, and the machines go with the next batch", async () => {
  const store = createMemoryStore();
  let isFull = true;
  const failing: Store = {
    ...store,
    put: async (entries) => {
      if (isFull) throw new Error("the disk is full");
      await store.put(entries);
    },
  };
  const { seen, ask, log } = start(failing, { saveAfterMs: 1 });
  ask(macOf(1));
  await log.wait("notice");
  ask(macOf(2));
  isFull = false;
  await seen.close();
  expect((await store.load("machine")).size).toBe(2);
  expect(log.of("notice").map(({ text }) => text)).toEqual([
    "which machines were seen cannot be kept: the disk is full",
    "over: which machines were seen cannot be kept",
  ]);
});
