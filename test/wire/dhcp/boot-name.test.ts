import { expect, test } from "vitest";
import { decodeBootName, encodeBareBootName, encodeBootName } from "../../../src/wire/dhcp/boot-name.ts";
import { unhex } from "../../support/packets.ts";

test("a name gets a NUL at its end, for those who read on (Q7)", () => {
  expect(encodeBootName("a.efi")).toEqual(unhex("612e656669 00"));
});

test("a name for a Raspberry Pi gets none (Q7, R4)", () => {
  expect(encodeBareBootName("10.77.0.2")).toEqual(unhex("31302e37372e302e32"));
});

test.each(["612e656669", "612e65666900", "612e65666900ff00"])(
  "%s reads as the name before its NUL",
  (bytes) => {
    expect(decodeBootName(unhex(bytes))).toBe("a.efi");
  },
);

test.each(["a\0b", "€"])("%j cannot be written", (text) => {
  expect(() => encodeBootName(text)).toThrow();
});
