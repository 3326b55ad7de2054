import { expect, test } from "vitest";
import { loadApprovals } from "../../../src/io/machines/approvals.ts";
import { createMemoryStore, type Store } from "../../../src/io/store/store.ts";

const MAC = "52:54:00:12:34:56";
const OTHER = "52:54:00:12:34:57";

async function load(store: Store) {
  const unreadable: string[] = [];
  let nowMs = 0;
  const approvals = await loadApprovals(
    store,
    (key) => unreadable.push(key),
    () => nowMs++,
  );
  return { approvals, unreadable };
}

test("approvals are there after a restart, in the order in which they were given", async () => {
  const store = createMemoryStore();
  const { approvals } = await load(store);
  await approvals.put({ mac: OTHER, host: "gamma" });
  await approvals.put({ mac: MAC, host: "beta" });
  expect((await load(store)).approvals.list()).toEqual([
    { mac: OTHER, host: "gamma" },
    { mac: MAC, host: "beta" },
  ]);
});

test("a second approval takes the place of the first; one that is removed stays away", async () => {
  const store = createMemoryStore();
  const { approvals } = await load(store);
  await approvals.put({ mac: MAC, host: "beta" });
  await approvals.put({ mac: MAC, host: "gamma" });
  expect(approvals.get(MAC)).toEqual({ mac: MAC, host: "gamma" });
  expect((await load(store)).approvals.list()).toEqual([{ mac: MAC, host: "gamma" }]);
  await approvals.remove(MAC);
  expect(approvals.list()).toEqual([]);
  expect((await load(store)).approvals.list()).toEqual([]);
});

test("an approval that did not reach the disk does not count", async () => {
  const full: Store = {
    ...createMemoryStore(),
    put: async () => {
      throw new Error("the disk is full");
    },
  };
  const { approvals } = await load(full);
  await expect(approvals.put({ mac: MAC, host: "beta" })).rejects.toThrow("the disk is full");
  expect(approvals.list()).toEqual([]);
});

test("one that cannot be read is told, and the others count", async () => {
  const store = createMemoryStore();
  await store.put([
    { kind: "approval", key: MAC, value: { host: "a b", atMs: 1 } },
    { kind: "approval", key: "AA", value: { host: "beta", atMs: 1 } },
    { kind: "approval", key: OTHER, value: { host: "beta", atMs: 1 } },
  ]);
  const { approvals, unreadable } = await load(store);
  expect(unreadable).toEqual([MAC, "AA"]);
  expect(approvals.list()).toEqual([{ mac: OTHER, host: "beta" }]);
});
