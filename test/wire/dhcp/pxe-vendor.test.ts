import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  DISCOVERY,
  decodePxeVendorOptions,
  encodePxeVendorOptions,
  type PxeVendorOptions,
} from "../../../src/wire/dhcp/pxe-vendor.ts";
import { unhex } from "../../support/packets.ts";

test.each<[string, string, PxeVendorOptions]>([
  ["take the boot file", "060108 ff", { discoveryControl: DISCOVERY.USE_BOOT_FILE }],
  ["the menu entry that was chosen (Q4)", "4704 8000 0000 ff", { bootItem: { type: 0x8000, layer: 0 } }],
  [
    "a menu, as dnsmasq sent one",
    "060103 0a0400505845 0807 8000 01 0a4d0002 090b 8000 08 7269672062696f73 ff",
    {
      discoveryControl: DISCOVERY.NO_BROADCAST | DISCOVERY.NO_MULTICAST,
      menuPrompt: { timeout: 0, prompt: "PXE" },
      bootServers: [{ type: 0x8000, addresses: ["10.77.0.2"] }],
      bootMenu: [{ type: 0x8000, description: "rig bios" }],
    },
  ],
  [
    "what a Raspberry Pi waits for (R4)",
    "060103 0a0400505845 0914 0000 11 5261737062657272792050692042 6f6f74 ff",
    {
      discoveryControl: 3,
      menuPrompt: { timeout: 0, prompt: "PXE" },
      bootMenu: [{ type: 0, description: "Raspberry Pi Boot" }],
    },
  ],
])("option 43 with %s, both ways", (_, bytes, options) => {
  expect(decodePxeVendorOptions(unhex(bytes))).toEqual(options);
  expect(encodePxeVendorOptions(options)).toEqual(unhex(bytes));
});

describe("decodePxeVendorOptions", () => {
  test("passes over what it does not know, pads, and what follows the end", () => {
    expect(decodePxeVendorOptions(unhex("00 e0021234 00 060108 ff 060103"))).toEqual({ discoveryControl: 8 });
  });

  test("takes the first of two, as ROMs do", () => {
    expect(decodePxeVendorOptions(unhex("060108 060103"))).toEqual({ discoveryControl: 8 });
  });

  test.each([
    ["a discovery control of two bytes", "06020808"],
    ["a boot item of three bytes", "4703800000"],
    ["a server list that ends early", "0804 8000 01 0a"],
    ["a server list without a count", "0802 8000"],
    ["a menu text that ends early", "0904 8000 08 72"],
    ["an empty prompt", "0a00"],
    ["a sub-option that ends early", "47 04 80"],
  ])("refuses %s", (_, bytes) => {
    expect(() => decodePxeVendorOptions(unhex(bytes))).toThrow(
      expect.objectContaining({ name: "WireError" }),
    );
  });
});

test("whatever can be said survives both ways", () => {
  const byte = fc.integer({ min: 0, max: 255 });
  const word = fc.integer({ min: 0, max: 0xffff });
  const text = fc.array(byte, { maxLength: 20 }).map((codes) => String.fromCharCode(...codes));
  const ipv4 = fc.tuple(byte, byte, byte, byte).map((bytes) => bytes.join("."));
  const any = fc.record(
    {
      discoveryControl: byte,
      bootServers: fc.array(fc.record({ type: word, addresses: fc.array(ipv4, { maxLength: 3 }) }), {
        maxLength: 5,
      }),
      bootMenu: fc.array(fc.record({ type: word, description: text }), { maxLength: 5 }),
      menuPrompt: fc.record({ timeout: byte, prompt: text }),
      bootItem: fc.record({ type: word, layer: word }),
    },
    { requiredKeys: [] },
  );
  fc.assert(
    fc.property(any, (options) => {
      expect(decodePxeVendorOptions(encodePxeVendorOptions(options))).toEqual(options);
    }),
  );
});
