import { describe, expect, test } from "vitest";
import type { Generation } from "../../../src/boot/generation.ts";
import type { Host } from "../../../src/boot/host.ts";
import type { Session, SessionOutcome } from "../../../src/boot/session/session.ts";
import { forgetCounted } from "../../../src/io/history/counted-boots.ts";
import { startHistory } from "../../../src/io/history/history.ts";
import { openStore } from "../../../src/io/store/sqlite-store.ts";
import { createMemoryStore, type Store } from "../../../src/io/store/store.ts";
import { createWorld, whenPrepared } from "../../../src/io/world.ts";
import { logEvents } from "../../support/event-log.ts";
import { tempFolder } from "../../support/temp-folder.ts";
import { BETA, BETA_MAC, GENERATION, snapshotOf } from "../../support/worlds.ts";

const MAC = "52:54:00:12:34:56";

function generation(id: string): Generation {
  return {
    id,
    shape: "plain",
    path: `/srv/${id}`,
    initrds: [],
    kernelParams: "",
    files: new Map(),
  };
}

function start(store: Store = createMemoryStore(), retryMs = 10_000) {
  const world = createWorld();
  let nowMs = 1000;
  const history = startHistory({ world, store, now: () => nowMs++, retryMs });
  const publish = (image: string, id: string) =>
    world.record({ type: "published", image, generation: generation(id) });
  return { world, store, history, publish };
}

function host(name: string, image = name): Host {
  return { name, macs: [], uuids: [], serials: [], image, kernelParams: "", onFailure: "next" };
}

function session(outcome: SessionOutcome, more: Partial<Session> = {}): Session {
  return {
    ...{ id: "s1", mac: MAC, host: "beta", via: "netboot", generation: "a" },
    ...{ startMs: 1, lastMs: 2, scripts: 1, steps: [], outcome },
    ...more,
  };
}

const ids = (records: readonly { readonly id: string }[]) => records.map(({ id }) => id);

test("every generation of an image has a number of its own, and keeps it when it is published again", async () => {
  const { history, publish } = start();
  for (const id of ["a", "b", "a", "c"]) publish("beta", id);
  publish("gamma", "b");
  expect((await history.page("beta", { limit: 10 })).map(({ number, id }) => [number, id])).toEqual([
    [3, "c"],
    [2, "b"],
    [1, "a"],
  ]);
  expect(ids(await history.recent("beta", 2))).toEqual(["c", "a"]);
  expect(await history.byNumber("beta", 1)).toMatchObject({ id: "a", firstMs: 1000, lastMs: 1002 });
  expect((await history.byId("b")).map(({ image, number }) => [image, number])).toEqual([
    ["beta", 2],
    ["gamma", 1],
  ]);
  expect(await history.find("gamma", "a")).toBeUndefined();
  expect([...(await history.images())]).toEqual([
    ["beta", 3],
    ["gamma", 1],
  ]);
});

test("a long history is read in pages", async () => {
  const { history, publish } = start();
  for (let at = 1; at <= 7; at++) publish("beta", `g${at}`);
  const numbers = async (below?: number) => {
    const page = await history.page("beta", { limit: 3, ...(below === undefined ? {} : { below }) });
    return page.map(({ number }) => number);
  };
  expect([await numbers(), await numbers(5), await numbers(2)]).toEqual([[7, 6, 5], [4, 3, 2], [1]]);
});

test("the history goes on after a restart, in a database on a disk", async () => {
  const folder = tempFolder();
  const before = start(await openStore(folder));
  before.publish("beta", "a");
  before.publish("beta", "b");
  await before.history.close();
  await before.store.close();
  const after = start(await openStore(folder));
  after.publish("beta", "b");
  after.publish("beta", "c");
  expect(ids(await after.history.recent("beta", 9))).toEqual(["c", "b", "a"]);
  expect(await after.history.find("beta", "c")).toMatchObject({ number: 3 });
  await after.history.close();
  await after.store.close();
});

test("a number is not given again where the index was damaged, and what cannot be read is left out", async () => {
  const store = createMemoryStore();
  const before = start(store);
  for (const id of ["a", "b", "c"]) before.publish("beta", id);
  await before.history.close();
  await store.put([
    { kind: "generation-image", key: "beta", value: "?" },
    { kind: "generation", key: "beta/00000002", value: { number: "two" } },
  ]);
  const { history, publish } = start(store);
  publish("beta", "d");
  expect((await history.page("beta", { limit: 9 })).map(({ number }) => number)).toEqual([4, 3, 1]);
});

test("what cannot be written is told once, tried again, and not listed before it is on the disk", async () => {
  const memory = createMemoryStore();
  let isFull = true;
  const tried = Promise.withResolvers<void>();
  const store: Store = {
    ...memory,
    async put(entries) {
      if (!isFull) return memory.put(entries);
      tried.resolve();
      throw new Error("the disk is full");
    },
  };
  const { world, history, publish } = start(store, 1);
  const log = logEvents(world);
  publish("beta", "a");
  await tried.promise;
  expect(await history.recent("beta", 1)).toEqual([]);
  const written = Promise.withResolvers<string>();
  history.onRecord(({ id }) => written.resolve(id));
  isFull = false;
  expect(await written.promise).toBe("a");
  expect(ids(await history.recent("beta", 1))).toEqual(["a"]);
  expect(log.of("notice").map(({ text }) => text)).toEqual([
    "which generations were published cannot be kept: the disk is full",
    "over: which generations were published cannot be kept",
  ]);
});

test("it tells who booted a generation and how that went", async () => {
  const { world, history, publish } = start();
  world.change([{ type: "hosts", hosts: [host("beta"), host("other", "gone")] }]);
  publish("beta", "a");
  const tell = (told: Session) => world.record({ type: "session", change: "moved", session: told });
  tell(session("under-way"));
  tell(session("handed-over"));
  tell(session("checked-in"));
  tell(session("failed", { id: "s2", host: "other" }));
  tell(session("failed", { id: "s3", generation: "never published" }));
  expect(await history.boots("beta", 1)).toEqual({
    checkedIn: 1,
    handedOver: 0,
    failed: 1,
    last: [
      { session: "s2", mac: MAC, host: "other", via: "netboot", outcome: "failed", startMs: 1 },
      { session: "s1", mac: MAC, host: "beta", via: "netboot", outcome: "checked-in", startMs: 1 },
    ],
  });
});

describe("a boot that is told of again", () => {
  const tell = (rig: ReturnType<typeof start>, told: Session) =>
    rig.world.record({ type: "session", change: "ended", session: told });

  test("by another name after the server was killed counts once", async () => {
    const rig = start();
    rig.publish("beta", "a");
    tell(rig, session("handed-over", { bootId: "b1" }));
    tell(rig, session("checked-in", { bootId: "b1" }));
    await rig.history.close();
    const again = start(rig.store);
    tell(again, session("checked-in", { id: "s2", bootId: "b1" }));
    expect(await again.history.boots("beta", 1)).toMatchObject({
      ...{ checkedIn: 1, handedOver: 0 },
      last: [{ session: "s2", outcome: "checked-in" }],
    });
  });

  test("when a whole rack has booted since counts once, and is forgotten as such in the end", async () => {
    const rig = start();
    rig.publish("beta", "a");
    const all = Array.from({ length: 50 }, (_, i) => ({ id: `s${i}`, bootId: `b${i}` }));
    for (const each of all) tell(rig, session("handed-over", each));
    for (const each of all) tell(rig, session("checked-in", each));
    expect(await rig.history.boots("beta", 1)).toMatchObject({ checkedIn: 50, handedOver: 0 });
    expect((await rig.store.load("generation-boot")).size).toBe(50);
    await forgetCounted(rig.store, 3 * 86_400_000);
    expect((await rig.store.load("generation-boot")).size).toBe(0);
    expect(await rig.history.boots("beta", 1)).toMatchObject({ checkedIn: 50, handedOver: 0 });
  });
});

test("what is found out about a generation later stands in its record", async () => {
  const { history, publish } = start();
  publish("beta", "a");
  await history.learn("beta", 1, { closureBytes: 12, nixosVersion: "25.05" });
  publish("beta", "a");
  expect(await history.byNumber("beta", 1)).toMatchObject({ closureBytes: 12, nixosVersion: "25.05" });
  await history.learn("beta", 9, { closureBytes: 1 });
  expect(await history.byNumber("beta", 9)).toBeUndefined();
});

test("a thousand images that are published at once share their writes", async () => {
  const memory = createMemoryStore();
  let puts = 0;
  const store: Store = {
    ...memory,
    put(entries) {
      puts++;
      return memory.put(entries);
    },
  };
  const { history, publish } = start(store);
  for (let at = 0; at < 1000; at++) publish(`host-${at}`, "a");
  expect((await history.images()).size).toBe(1000);
  expect(puts).toBeLessThan(20);
});

describe("a machine is told of a generation", () => {
  const CLIENT = { client: { mac: BETA_MAC, stage: "ipxe", arch: 7 } } as const;

  /** Beta's generation is published while a write is under way; `put` is what becomes of that and the next ones. */
  function publishing(put: Store["put"], waitMs = 60_000) {
    const world = createWorld(snapshotOf([BETA], GENERATION));
    const history = startHistory({ world, store: { ...createMemoryStore(), put }, waitMs });
    const asked = () => whenPrepared(world, CLIENT, () => "told");
    const before = asked();
    world.record({ type: "published", image: "gamma", generation: generation("another") });
    world.record({ type: "published", image: BETA.image, generation: GENERATION });
    return { history, before, asked };
  }

  test("when it is in the history, and at once from then on", async () => {
    const memory = createMemoryStore();
    const disk = Promise.withResolvers<void>();
    const { history, before, asked } = publishing(async (entries) => {
      await disk.promise;
      await memory.put(entries);
    });
    expect(before).toBe("told");
    const answer = asked();
    let isTold = false;
    void Promise.resolve(answer).then(() => {
      isTold = true;
    });
    await new Promise(setImmediate);
    expect(isTold).toBe(false);
    disk.resolve();
    expect(await answer).toBe("told");
    expect((await memory.load("generation-id")).size).toBe(2);
    expect(asked()).toBe("told");
    await history.close();
  });

  test("though the disk takes nothing", async () => {
    const { history, asked } = publishing(() => Promise.reject(new Error("the disk is full")));
    expect(await asked()).toBe("told");
    expect(asked()).toBe("told");
    await history.close();
  });

  test("though the disk does not answer", async () => {
    const { asked } = publishing(() => new Promise(() => {}), 20);
    expect(await asked()).toBe("told");
    expect(asked()).toBe("told");
  });
});
