import { expect, test } from "vitest";
import { decodeMessageSize } from "../../../src/wire/dhcp/message-size.ts";

test("option 57 is two bytes, the high one first", () => {
  expect(decodeMessageSize(Uint8Array.of(0x05, 0xc0))).toBe(1472);
  expect(decodeMessageSize(Uint8Array.of(0xff, 0x00))).toBe(65280);
});

test.each([[[]], [[1]], [[1, 2, 3]]])("option 57 of the bytes %j is refused", (bytes) => {
  expect(() => decodeMessageSize(Uint8Array.from(bytes))).toThrow("want 2");
});
