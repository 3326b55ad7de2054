import { expect, test } from "vitest";
import { createLeaseBook } from "../../../src/boot/lease/lease-book.ts";
import { poolUse } from "../../../src/boot/lease/pool-use.ts";
import { reservation, subnet } from "../../support/leases.ts";

const NOW = 1_000_000;
const lease = (address: string, state: "leased" | "released" | "conflict", untilMs = NOW + 1) => ({
  ...{ address, owner: `mac:${address}`, state, untilMs, usedMs: 0, sinceMs: 0 },
});

test("every address of a pool is counted once, as what it is now", () => {
  const net = { ...subnet(), pools: [{ first: "10.0.0.100", last: "10.0.0.109" }] };
  const book = createLeaseBook([
    lease("10.0.0.100", "leased"),
    lease("10.0.0.101", "leased", NOW),
    lease("10.0.0.102", "released"),
    lease("10.0.0.103", "conflict"),
    lease("10.0.0.104", "leased"),
    lease("10.0.0.9", "leased"),
  ]);
  const named = [reservation({ addresses: ["10.0.0.104", "10.0.0.9"] })];
  expect(poolUse([net], named, book, NOW)).toEqual([
    { subnet: "10.0.0.0/24", leased: 1, conflict: 1, reserved: 1, free: 7 },
  ]);
});

test("each subnet has its own, one without pools none", () => {
  const other = { ...subnet(), network: "10.1.0.0", pools: [{ first: "10.1.0.1", last: "10.1.0.1" }] };
  const book = createLeaseBook([lease("10.1.0.1", "leased")]);
  expect(poolUse([{ ...subnet(), pools: [] }, other], [], book, NOW)).toEqual([
    { subnet: "10.0.0.0/24", leased: 0, conflict: 0, reserved: 0, free: 0 },
    { subnet: "10.1.0.0/24", leased: 1, conflict: 0, reserved: 0, free: 0 },
  ]);
});
