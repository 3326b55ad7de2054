import fc from "fast-check";
import { expect, test } from "vitest";
import { decodeNulText, decodeText, encodeText } from "../../../src/wire/dhcp/text.ts";
import { unhex } from "../../support/packets.ts";

test("any bytes survive as text", () => {
  fc.assert(
    fc.property(fc.uint8Array(), (bytes) => {
      expect(encodeText(decodeText(bytes))).toEqual(bytes);
    }),
  );
});

test("text ends at its first NUL where it has one", () => {
  expect(decodeNulText(unhex("616200ff"))).toBe("ab");
  expect(decodeNulText(unhex("6162"))).toBe("ab");
});

test.each(["€", "😀"])("%s does not fit in a byte", (text) => {
  expect(() => encodeText(text)).toThrow("does not fit in a byte");
});
