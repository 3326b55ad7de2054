import { expect, test } from "vitest";
import { subnetTable } from "../../../src/boot/lease/subnet.ts";
import { type LeaseKeeper, openLeases } from "../../../src/io/dhcp/lease-keeper.ts";
import { createMemoryStore, type Store } from "../../../src/io/store/store.ts";
import { ask, SELF, START_MS, subnet } from "../../support/leases.ts";

const TABLE = subnetTable([subnet()]);
const MAC = "52:54:00:00:00:01";
const OTHER = "52:54:00:00:00:02";

function question(type: "DISCOVER" | "REQUEST" | "RELEASE", mac: string, address?: string) {
  const wants = address !== undefined && { wants: address, server: SELF };
  const has = address !== undefined && { has: address, server: SELF };
  return {
    request: ask(type, { mac, ...(type === "RELEASE" ? has : wants) }),
    self: SELF,
    ownAddresses: [SELF],
    nowMs: START_MS,
  };
}

/** DISCOVER and REQUEST; gives the address. */
async function boot(leases: LeaseKeeper, mac: string): Promise<string> {
  const offer = leases.decide(question("DISCOVER", mac)).decision;
  if (offer.type !== "offer") throw new Error(`want an offer, got ${offer.type}`);
  const { decision, kept } = leases.decide(question("REQUEST", mac, offer.address));
  await kept;
  return decision.type === "ack" ? decision.address : decision.type;
}

/** A store whose disk fails when it is told to. */
function brittleStore(): Store & { fails: boolean } {
  const memory = createMemoryStore();
  const store = {
    ...memory,
    fails: false,
    put: (entries: Parameters<Store["put"]>[0]) =>
      store.fails ? Promise.reject(new Error("the disk fails")) : memory.put(entries),
  };
  return store;
}

test("a lease is known to the next start, and its address goes to nobody else", async () => {
  const store = createMemoryStore();
  const address = await boot(await openLeases(store, () => TABLE, 0), MAC);
  const next = await openLeases(store, () => TABLE, 0);
  expect(next.book.lease(address)).toMatchObject({ mac: MAC, state: "leased" });
  expect(await boot(next, OTHER)).not.toBe(address);
  expect(await boot(next, MAC)).toBe(address);
});

test("an offer has nothing to be written, an ACK has", async () => {
  const leases = await openLeases(createMemoryStore(), () => TABLE, 0);
  const offered = leases.decide(question("DISCOVER", MAC));
  expect(offered.kept).toBeUndefined();
  const { decision } = offered;
  if (decision.type !== "offer") throw new Error("want an offer");
  expect(leases.decide(question("REQUEST", MAC, decision.address)).kept).toBeInstanceOf(Promise);
});

test("a release is known to the next start", async () => {
  const store = createMemoryStore();
  const leases = await openLeases(store, () => TABLE, 0);
  const address = await boot(leases, MAC);
  await leases.decide(question("RELEASE", MAC, address)).kept;
  expect((await openLeases(store, () => TABLE, 0)).book.lease(address)).toMatchObject({ state: "released" });
});

test("what could not be written is granted when it is asked for again, and written then", async () => {
  const store = brittleStore();
  const leases = await openLeases(store, () => TABLE, 0);
  const offer = leases.decide(question("DISCOVER", MAC)).decision;
  if (offer.type !== "offer") throw new Error("want an offer");
  const { address } = offer;
  store.fails = true;
  await expect(leases.decide(question("REQUEST", MAC, address)).kept).rejects.toThrow("the disk fails");
  store.fails = false;
  const again = leases.decide(question("REQUEST", MAC, address));
  expect(again.decision).toMatchObject({ type: "ack", address, durable: true });
  await again.kept;
  expect((await openLeases(store, () => TABLE, 0)).book.lease(address)).toMatchObject({ mac: MAC });
});

test("what is kept and is no lease is named, and left where it is", async () => {
  const store = createMemoryStore();
  await store.put([{ kind: "lease", key: "10.0.0.100", value: { address: "10.0.0.100" } }]);
  const leases = await openLeases(store, () => TABLE, 0);
  expect(leases.unread).toEqual(["10.0.0.100"]);
  expect([...(await store.load("lease")).keys()]).toEqual(["10.0.0.100"]);
});

test("another table counts from the next question on, and leases stay", async () => {
  let table = TABLE;
  const leases = await openLeases(createMemoryStore(), () => table, 0);
  const address = await boot(leases, MAC);
  table = subnetTable([subnet({ pools: [{ first: "10.0.0.200", last: "10.0.0.209" }] })]);
  expect(await boot(leases, OTHER)).toMatch(/^10\.0\.0\.20\d$/);
  expect(leases.book.lease(address)).toMatchObject({ mac: MAC });
});
