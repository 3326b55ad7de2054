import { expect, test } from "vitest";
import { decodeAddress, decodeAddresses, encodeAddresses } from "../../../src/wire/dhcp/addresses.ts";

test("a list of addresses survives both ways, in its order", () => {
  const value = encodeAddresses(["10.0.0.1", "192.168.255.0"]);
  expect([...value]).toEqual([10, 0, 0, 1, 192, 168, 255, 0]);
  expect(decodeAddresses(value, 6)).toEqual(["10.0.0.1", "192.168.255.0"]);
  expect(decodeAddress(value.subarray(0, 4), 50)).toBe("10.0.0.1");
});

test.each([0, 3, 5])("a list of addresses of %i bytes is refused", (length) => {
  expect(() => decodeAddresses(new Uint8Array(length), 6)).toThrow(`option 6 has ${length} bytes`);
  expect(() => decodeAddress(new Uint8Array(length), 50)).toThrow(`option 50 has ${length} bytes, want 4`);
});
