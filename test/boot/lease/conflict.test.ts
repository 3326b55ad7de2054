import { describe, expect, test } from "vitest";
import {
  arpProbe,
  claimsAddress,
  knownNeighbours,
  PROBE_WAITS_MS,
} from "../../../src/boot/lease/conflict.ts";
import { ARP_REPLY, ARP_REQUEST, type ArpPacket } from "../../../src/wire/net/arp.ts";

const OWNER = "52:54:00:00:00:01";
const OTHER = "52:54:00:00:00:02";
const US = "52:54:00:00:00:ff";
const ADDRESS = "10.0.0.9";

test("a probe has no sender address, so that nobody's memory is spoiled by it", () => {
  expect(arpProbe(ADDRESS, US)).toEqual({
    operation: ARP_REQUEST,
    senderMac: US,
    senderIp: "0.0.0.0",
    targetMac: "00:00:00:00:00:00",
    targetIp: ADDRESS,
  });
});

test("all waits together are within the second that iPXE waits before it asks again", () => {
  expect(PROBE_WAITS_MS.reduce((sum, ms) => sum + ms, 0)).toBeLessThanOrEqual(500);
});

describe("an ARP packet", () => {
  const reply: ArpPacket = {
    operation: ARP_REPLY,
    senderMac: OTHER,
    senderIp: ADDRESS,
    targetMac: US,
    targetIp: "0.0.0.0",
  };
  test.each<[string, Partial<ArpPacket>, boolean]>([
    ["that answers for the address is a claim", {}, true],
    ["of its owner-to-be is none", { senderMac: OWNER }, false],
    ["that answers for another address is none", { senderIp: "10.0.0.8" }, false],
    [
      "by which the address's user asks for somebody is a claim",
      { operation: ARP_REQUEST, targetIp: "10.0.0.1" },
      true,
    ],
    ["that announces the address is a claim", { operation: ARP_REQUEST, targetIp: ADDRESS }, true],
    [
      "that probes for the same address is a claim",
      { operation: ARP_REQUEST, senderIp: "0.0.0.0", targetIp: ADDRESS },
      true,
    ],
    [
      "by which somebody only asks for the address is none",
      { operation: ARP_REQUEST, senderIp: "10.0.0.1", targetIp: ADDRESS },
      false,
    ],
  ])("%s", (_, change, expected) => {
    expect(claimsAddress({ ...reply, ...change }, { address: ADDRESS, owner: OWNER })).toBe(expected);
  });
});

test("of the kernel's table those count whose MAC address is known", () => {
  const table = [
    "IP address       HW type     Flags       HW address            Mask     Device",
    "10.0.0.9         0x1         0x2         52:54:00:00:00:02     *        eth0",
    "10.0.0.10        0x1         0x0         00:00:00:00:00:00     *        eth0",
    "10.0.0.11        0x1         0x6         52:54:00:00:00:0B     *        eth0",
    "",
  ].join("\n");
  expect(knownNeighbours(table)).toEqual([
    { address: "10.0.0.9", mac: OTHER },
    { address: "10.0.0.11", mac: "52:54:00:00:00:0b" },
  ]);
  expect(knownNeighbours("")).toEqual([]);
});
