import fc from "fast-check";
import { expect, test } from "vitest";
import { decodeUserClass, encodeUserClass } from "../../../src/wire/dhcp/user-class.ts";
import { unhex } from "../../support/packets.ts";

test.each([
  ["raw, as iPXE sends it (I1)", "69505845", ["iPXE"]],
  ["in the form of RFC 3004", "04 69505845", ["iPXE"]],
  ["as a list of several", "04 69505845 03 616263", ["iPXE", "abc"]],
  ["raw, where the length would point behind the end", "05 69505845", ["\u0005iPXE"]],
  ["raw, where a length would be 0", "04 69505845 00", ["\u0004iPXE\0"]],
  ["empty", "", []],
])("option 77 is read %s", (_, bytes, classes) => {
  expect(decodeUserClass(unhex(bytes))).toEqual(classes);
});

test("a list in the form of RFC 3004 survives both ways", () => {
  const classes = fc.array(
    fc
      .array(fc.integer({ min: 0, max: 255 }), { minLength: 1, maxLength: 60 })
      .map((codes) => String.fromCharCode(...codes)),
    { minLength: 1, maxLength: 4 },
  );
  fc.assert(
    fc.property(classes, (each) => {
      expect(decodeUserClass(encodeUserClass(each))).toEqual(each);
    }),
  );
});
