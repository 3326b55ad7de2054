import { expect, test } from "vitest";
import type { Target } from "../src/boot/notify/target.ts";
import { startSeenMachines } from "../src/io/machines/seen-machines.ts";
import { createMemoryStore } from "../src/io/store/store.ts";
import { createWorld } from "../src/io/world.ts";
import { startNotify } from "../src/notify.ts";
import { startTimeline } from "../src/timeline.ts";
import { target } from "./support/alerts.ts";

async function open(first: readonly Target[]) {
  const world = createWorld();
  const store = createMemoryStore();
  const live = { now: { notify: first, keepSessionsDays: 1 } };
  const timeline = await startTimeline({ world, store, live, givesAddresses: false });
  const seen = startSeenMachines({ world, store });
  let lists = 0;
  const list = () => {
    lists++;
    return seen.list();
  };
  const notify = startNotify(world, live);
  await notify.open({ store, timeline, machines: { list } });
  return {
    lists: () => lists,
    async configure(targets: readonly Target[]) {
      live.now = { ...live.now, notify: targets };
      await notify.reconfigure();
    },
    async close() {
      await notify.close();
      await seen.close();
      await timeline.close();
    },
  };
}

const SOMEBODY = [target({ url: "http://127.0.0.1:9/" })];

test("the machines that were seen before are looked up as soon as there is somebody to be told of others", async () => {
  const { lists, configure, close } = await open([]);
  const counts = [lists()];
  for (const targets of [[], SOMEBODY, [...SOMEBODY], [], SOMEBODY]) {
    await configure(targets);
    counts.push(lists());
  }
  expect(counts).toEqual([0, 0, 1, 1, 1, 2]);
  await close();
});

test("they are looked up at the start where somebody is to be told", async () => {
  const { lists, close } = await open(SOMEBODY);
  expect(lists()).toBe(1);
  await close();
});
