import { describe, expect, test } from "vitest";
import { type NicRule, parseBusId, parseNicMatch, ruleFor } from "../../../src/boot/program/nic.ts";

const rule = (key: string, program: string): NicRule => {
  const match = parseNicMatch(key);
  if (match === undefined) throw new Error(`this test's rule ${key} is none`);
  return { match, program };
};

describe("the rule for a network card", () => {
  const rules = [
    rule("pci:10ec", "vendor.efi"),
    rule("pci:10ec:8168", "device.efi"),
    rule("00:e0:4c", "maker.efi"),
    rule("00-E0-4C-68", "some.efi"),
  ];
  test.each([
    ["00:e0:4c:11:22:33", undefined, "maker.efi"],
    ["00:e0:4c:68:22:33", undefined, "some.efi"],
    ["00:e0:4c:11:22:33", "10ec:8168", "maker.efi"], // known from the first packet on
    ["52:54:00:11:22:33", "10ec:8168", "device.efi"],
    ["52:54:00:11:22:33", "10ec:8139", "vendor.efi"],
    ["52:54:00:11:22:33", "8086:100e", undefined],
    ["52:54:00:11:22:33", undefined, undefined],
  ])("of %s with chip %s is %s", (mac, pci, program) => {
    expect(ruleFor({ mac, ...(pci === undefined ? {} : { pci }) }, rules)?.program).toBe(program);
  });
});

test.each([
  ["00:e0:4c", { type: "mac", prefix: "00:e0:4c" }],
  ["00-E0-4C", { type: "mac", prefix: "00:e0:4c" }],
  ["00:e0:4c:68:00:01", { type: "mac", prefix: "00:e0:4c:68:00:01" }],
  ["PCI:10EC", { type: "pci", id: "10ec" }],
  ["pci:10ec:8168", { type: "pci", id: "10ec:8168" }],
  ["00:e0", undefined],
  ["00:e0:4c:68:00:01:02", undefined],
  ["10ec:8168", undefined],
  ["pci:realtek", undefined],
  ["", undefined],
])("parseNicMatch(%j) is %j", (text, match) => {
  expect(parseNicMatch(text)).toEqual(match);
});

test.each([
  ["01-1a-f4-10-00", "1af4:1000"], // as iPXE writes ${netX/busid:hexhyp}
  ["01-10-EC-81-68", "10ec:8168"],
  ["0110ec8168", "10ec:8168"],
  ["02-10-ec-81-68", undefined], // EISA, ISA or USB
  ["", undefined],
  ["01-10-ec", undefined],
])("parseBusId(%j) is %j", (text, pci) => {
  expect(parseBusId(text)).toEqual(pci);
});
