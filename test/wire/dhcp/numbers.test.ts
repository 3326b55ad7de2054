import { expect, test } from "vitest";
import { decodeNumber, encodeNumber, FOR_EVER } from "../../../src/wire/dhcp/numbers.ts";

test.each([
  [4, FOR_EVER, [255, 255, 255, 255]],
  [4, 3600, [0, 0, 14, 16]],
  [2, 1500, [5, 220]],
  [1, 64, [64]],
] as const)("a number of %i bytes survives both ways: %i", (bytes, number, value) => {
  expect([...encodeNumber(number, bytes)]).toEqual(value);
  expect(decodeNumber(Uint8Array.from(value), bytes, 51)).toBe(number);
});

test("a number that does not fit is refused, either way", () => {
  expect(() => decodeNumber(new Uint8Array(3), 4, 51)).toThrow("option 51 has 3 bytes, want 4");
  for (const number of [-1, 65536, 1.5]) expect(() => encodeNumber(number, 2)).toThrow("2 bytes");
});
