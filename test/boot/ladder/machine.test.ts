import { describe, expect, test } from "vitest";
import {
  fromStored,
  type Machine,
  type MachineEvent,
  machineStep,
  NEW_MACHINE,
  rememberedOf,
  toStored,
  variantFor,
} from "../../../src/boot/ladder/machine.ts";

function play(events: readonly (readonly [atMs: number, event: MachineEvent])[]): Machine {
  return events.reduce<Machine>(
    (machine, [atMs, event]) => machineStep(machine, event, atMs)[0],
    NEW_MACHINE,
  );
}

const discover = (kind: "rom" | "uefi" | "http-boot", secs = 0): MachineEvent => ({
  type: "discover",
  kind,
  secs,
});

describe("what outlasts the server", () => {
  test("is what worked, and the card, as JSON and back", () => {
    const machine = play([
      [0, discover("uefi")],
      [4_000, { type: "program-asked" }],
      [9_000, { type: "runs", pci: "10ec:8168" }],
      [90_000, discover("rom")],
      [94_000, discover("rom", 4)],
      [102_000, discover("rom", 12)],
      [104_000, { type: "asked-4011", kind: "rom", hasItem: true }],
      [105_000, { type: "program-asked" }],
    ]);
    const stored = toStored(machine);
    expect(stored).toEqual({
      offers: { uefi: ["plain"], rom: ["direct", "menu"] },
      pci: "10ec:8168",
    });
    expect(toStored(fromStored(JSON.parse(JSON.stringify(stored))))).toEqual(stored);
  });

  test("is nothing while nothing worked", () => {
    expect(toStored(play([[0, discover("uefi")]]))).toBeUndefined();
  });

  test.each([
    [undefined],
    [null],
    ["plain"],
    [[]],
    [{ offers: { uefi: "plain", rom: ["shouting"], toaster: ["plain"] }, program: 7, pci: "realtek" }],
  ])("is believed as far as it makes sense: %j", (value) => {
    const machine = fromStored(value);
    expect(rememberedOf(machine)).toEqual({});
    expect(variantFor(machine, "uefi", { port: 67, hasItem: false })).toBe("plain");
    expect(variantFor(machine, "rom", { port: 67, hasItem: false })).toBe("direct");
  });
});

test("a boot by HTTP after one by PXE failed says nothing good about the offer for PXE", () => {
  const machine = play([
    [0, discover("uefi")],
    [4_000, discover("uefi", 4)],
    [65_000, discover("http-boot")],
    [66_000, { type: "program-asked" }],
    [67_000, { type: "program-fetched", name: "ipxe-x64.efi" }],
    [70_000, { type: "runs" }],
  ]);
  expect(machine.ladders.uefi?.isProven).toBe(false);
  expect(machine.ladders["http-boot"]?.isProven).toBe(true);
});

test("iPXE that runs proves the offer, although nobody could tell who fetched it", () => {
  const machine = play([
    [0, discover("rom")],
    [9_000, { type: "runs" }],
  ]);
  expect(machine.ladders.rom?.isProven).toBe(true);
});

test("an answer on 4011 has the form of the offer that led there", () => {
  const uefi = play([
    [0, discover("uefi")],
    [4_000, discover("uefi", 4)],
    [12_000, discover("uefi", 12)],
  ]);
  expect(variantFor(uefi, "uefi", { port: 67, hasItem: false })).toBe("direct");
  expect(variantFor(uefi, "uefi", { port: 4011, hasItem: false })).toBe("plain");
  expect(variantFor(NEW_MACHINE, "uefi", { port: 4011, hasItem: false })).toBe("plain");
});
