import fc from "fast-check";
import { expect, test } from "vitest";
import { decodeBase64Url, encodeBase64Url } from "../../src/wire/base64url.ts";

test("what is written is what Node writes, and is read back", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 70 }), (bytes) => {
      const text = encodeBase64Url(bytes);
      expect(text).toBe(Buffer.from(bytes).toString("base64url"));
      expect(decodeBase64Url(text)).toEqual(bytes);
    }),
  );
});

test("of each value there is one spelling: whatever is read is written the same", () => {
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom(..."AQgw_-zZ09=+/ ") }), (text) => {
      const bytes = decodeBase64Url(text);
      if (bytes !== undefined) expect(encodeBase64Url(bytes)).toBe(text);
    }),
  );
});

test.each(["A", "AB", "AAB", "AA==", "A A", "A+/A", "ÄÄÄÄ"])("'%s' is none", (text) => {
  expect(decodeBase64Url(text)).toBeUndefined();
});
