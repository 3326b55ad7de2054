import { expect, test } from "vitest";
import { decodeClientId, encodeClientId } from "../../../src/wire/dhcp/client-id.ts";
import { unhex } from "../../support/packets.ts";

test("option 61 is a type and an identifier, both ways", () => {
  const value = unhex("01 525400123456");
  const id = { type: 1, id: unhex("525400123456") };
  expect(decodeClientId(value)).toEqual(id);
  expect(encodeClientId(id)).toEqual(value);
});

test.each([[[]], [[1]]])("option 61 of the bytes %j is refused", (bytes) => {
  expect(() => decodeClientId(Uint8Array.from(bytes))).toThrow("want at least 2");
});
