import { describe, expect, test } from "vitest";
import type { Arrival } from "../../../src/boot/peer.ts";
import { arrivalKey, compareArrivals, describeChanges } from "../../../src/boot/server/interface-changes.ts";

const ETH0: Arrival = { interface: "eth0", self: "192.0.2.2", mtu: 1500, index: 2 };
const SECOND: Arrival = { ...ETH0, self: "198.51.100.2" };
const ETH1: Arrival = { interface: "eth1", self: "203.0.113.2", mtu: 1500, index: 3 };

const told = (before: readonly Arrival[], after: readonly Arrival[]) =>
  describeChanges(compareArrivals(before, after)).map(({ level, text }) => `${level}: ${text}`);

describe("what is told", () => {
  test("nothing, when nothing changed but the order", () => {
    expect(told([ETH0, ETH1], [ETH1, { ...ETH0 }])).toEqual([]);
  });

  test("an interface that came", () => {
    expect(told([ETH0], [ETH0, ETH1])).toEqual([
      "info: eth1 has the address 203.0.113.2: machines are served there now",
    ]);
  });

  test("an interface that came with two addresses, in one line", () => {
    expect(told([], [ETH0, SECOND])).toEqual([
      "info: eth0 has the address 192.0.2.2 and 198.51.100.2: machines are served there now",
    ]);
  });

  test("one that went, or lost one of its addresses", () => {
    expect(told([ETH0, SECOND], [ETH0])).toEqual([
      "warn: eth0 no longer has the address 198.51.100.2: nothing is served there until it is back",
    ]);
  });

  test("an address that changed", () => {
    expect(told([ETH0, ETH1], [ETH1, { ...ETH0, self: "192.0.2.77" }])).toEqual([
      "info: eth0 has 192.0.2.77 instead of 192.0.2.2: what machines ask from now on goes by that",
    ]);
  });

  test("another device by the same name: its sockets have to be made anew", () => {
    expect(told([ETH0], [{ ...ETH0, index: 9 }])).toEqual([
      "info: eth0 was made anew with 192.0.2.2: machines are served there again",
    ]);
  });

  test("an MTU that changed", () => {
    expect(told([ETH0], [{ ...ETH0, mtu: 1400 }])).toEqual(["info: eth0 has an MTU of 1400 bytes now"]);
  });
});

test("what changed is what has to be opened or closed, and nothing else", () => {
  const moved = { ...ETH0, self: "192.0.2.77" };
  expect(compareArrivals([ETH0, ETH1], [moved, { ...ETH1, mtu: 9000 }])).toEqual({
    came: [moved],
    went: [ETH0],
    changed: [{ ...ETH1, mtu: 9000 }],
  });
});

test("a public address makes no difference to the sockets", () => {
  expect(arrivalKey({ ...ETH0, self: "198.51.100.9", bound: ETH0.self })).toBe(arrivalKey(ETH0));
});
