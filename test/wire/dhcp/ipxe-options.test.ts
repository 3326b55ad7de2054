import { expect, test } from "vitest";
import { decodeIpxeOptions, encodeIpxeOptions, IPXE_FEATURE } from "../../../src/wire/dhcp/ipxe-options.ts";
import { IPXE_175, unhex } from "../../support/packets.ts";

test("option 175 tells version, network card and features", () => {
  const options = decodeIpxeOptions(IPXE_175);
  expect(options).toMatchObject({ version: "1.0.0", busId: { bus: 1, vendor: 0x1af4, device: 0x1000 } });
  expect(options.features.has(IPXE_FEATURE.HTTP)).toBe(true);
  expect(options.features.has(IPXE_FEATURE.BZIMAGE)).toBe(true);
  expect(options.features.has(IPXE_FEATURE.EFI)).toBe(false);
});

test("a feature that is 0 is none", () => {
  expect(decodeIpxeOptions(unhex("130100 180101")).features).toEqual(new Set([IPXE_FEATURE.BZIMAGE]));
});

test("what a server says survives both ways (I2, I3)", () => {
  expect(encodeIpxeOptions({ priority: 127, noProxyDhcp: true })).toEqual(unhex("01017f b00101"));
  const said = { priority: -128, noProxyDhcp: false };
  expect(decodeIpxeOptions(encodeIpxeOptions(said))).toEqual({ ...said, features: new Set() });
});

test.each([128, -129, 0.5])("a priority of %s is refused", (priority) => {
  expect(() => encodeIpxeOptions({ priority })).toThrow("want -128 to 127");
});

test.each([
  ["a version of two bytes", "eb020100"],
  ["a bus id of four bytes", "b10401020304"],
  ["a sub-option that ends early", "b105 01"],
])("%s is refused", (_, bytes) => {
  expect(() => decodeIpxeOptions(unhex(bytes))).toThrow(expect.objectContaining({ name: "WireError" }));
});
