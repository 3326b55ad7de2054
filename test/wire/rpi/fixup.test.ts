import fc from "fast-check";
import { expect, test } from "vitest";
import { WireError } from "../../../src/wire/error.ts";
import { decodeFixup } from "../../../src/wire/rpi/fixup.ts";
import { fixup } from "../../support/rpi4-files.ts";

test.each([
  [0x4000, 3],
  [2_249_280, 23],
  [803_964, 20],
])("tells a start4.elf of %i bytes with %i program headers", (elfBytes, programHeaders) => {
  expect(decodeFixup(fixup(elfBytes, programHeaders))).toEqual({ elfBytes, programHeaders });
});

test("reads the beginning and the end of a real one, as Debian's of 2022 has them", () => {
  // Entry point, 23 headers, the way to the first table; and the last place with what follows it.
  const headers = `0f1303${"0f03".repeat(22)}`;
  const bytes = Uint8Array.from(
    Buffer.from(
      `${headers}01700100${"01109011"}3601 11cb02 01 aa1203 01 b3ca09 01 b38001`.replaceAll(" ", ""),
      "hex",
    ),
  );
  const words = 13 + 18 + 2 + 22 * 16 + 0x170 + 0x119010 + 0x35;
  expect(decodeFixup(bytes)).toEqual({ elfBytes: 2 * words, programHeaders: 23 });
});

test.each<[string, Uint8Array, string]>([
  ["nothing", new Uint8Array(), "WIRE_BAD_VALUE"],
  ["a list that does not begin at the entry point", fixup(0x4000).with(0, 0x10), "WIRE_BAD_VALUE"],
  ["a list that breaks off in a distance", fixup(0x4000).slice(0, -1), "WIRE_TRUNCATED"],
  ["a list without its end", fixup(0x4000).slice(0, -4), "WIRE_BAD_VALUE"],
])("refuses %s", (_what, bytes, code) => {
  expect(() => decodeFixup(bytes)).toThrow(expect.objectContaining({ name: "WireError", code }));
});

test("any bytes give a value or a WireError", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      try {
        expect(decodeFixup(bytes).elfBytes).toBeGreaterThan(0);
      } catch (error) {
        expect(error).toBeInstanceOf(WireError);
      }
    }),
  );
});
