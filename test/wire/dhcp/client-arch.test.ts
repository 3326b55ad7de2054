import fc from "fast-check";
import { expect, test } from "vitest";
import { decodeClientArch, encodeClientArch } from "../../../src/wire/dhcp/client-arch.ts";
import { unhex } from "../../support/packets.ts";

test("option 93 is a list of 16-bit numbers, in the order sent", () => {
  expect(decodeClientArch(unhex("0007 0010 000b"))).toEqual([7, 16, 11]);
});

test("any list survives both ways", () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 0xffff }), { minLength: 1 }), (archs) => {
      expect(decodeClientArch(encodeClientArch(archs))).toEqual(archs);
    }),
  );
});

test.each([[[]], [[7]], [[0, 7, 0]]])("option 93 of the bytes %j is refused", (bytes) => {
  expect(() => decodeClientArch(Uint8Array.from(bytes))).toThrow("want a multiple of 2");
});
