import { expect, test } from "vitest";
import { commentShell, quoteShell } from "../../../src/wire/sh/quote.ts";

test.each([
  ["bzImage", "bzImage"],
  ["/media/0c1m2n-kexec-tree/initrd.zst", "/media/0c1m2n-kexec-tree/initrd.zst"],
  ["", "''"],
  ["a b", "'a b'"],
  ["it's", "'it'\\''s'"],
  ["$(reboot)", "'$(reboot)'"],
  ["x=1", "'x=1'"],
  ["~", "'~'"],
  ["a\nb", "'a\nb'"],
])("writes %j as %s", (text, word) => {
  expect(quoteShell(text)).toBe(word);
});

test("refuses a NUL, which no word can hold", () => {
  expect(() => quoteShell("a\0b")).toThrow(expect.objectContaining({ code: "WIRE_BAD_VALUE" }));
});

test("a comment cannot be left", () => {
  expect(commentShell("a\nreboot\r\u2028b")).toBe("# a reboot b");
});
