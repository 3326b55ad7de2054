import { expect, test } from "vitest";
import { decodeMessageType, encodeMessageType } from "../../../src/wire/dhcp/message-type.ts";

test.each([
  ["DISCOVER", 1],
  ["OFFER", 2],
  ["REQUEST", 3],
  ["DECLINE", 4],
  ["ACK", 5],
  ["NAK", 6],
  ["RELEASE", 7],
  ["INFORM", 8],
] as const)("option 53 of %s is %i, both ways", (type, number) => {
  expect(encodeMessageType(type)).toEqual(Uint8Array.of(number));
  expect(decodeMessageType(Uint8Array.of(number))).toBe(type);
});

test("types that we do not know have no name", () => {
  expect(decodeMessageType(Uint8Array.of(0))).toBeUndefined();
  expect(decodeMessageType(Uint8Array.of(13))).toBeUndefined();
});

test.each([[[]], [[1, 1]]])("option 53 of the bytes %j is refused", (bytes) => {
  expect(() => decodeMessageType(Uint8Array.from(bytes))).toThrow("want 1");
});
