import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { repairName, showName, showText } from "../../../src/boot/tftp/tftp-name.ts";

describe("a name is read as its client meant it", () => {
  test.each([
    ["undionly.kpxe", "undionly.kpxe"],
    ["/undionly.kpxe", "undionly.kpxe"],
    ["//ipxe///undionly.kpxe", "ipxe/undionly.kpxe"],
    ["./ipxe/./undionly.kpxe", "ipxe/undionly.kpxe"],
    ["\\ipxe\\undionly.kpxe", "ipxe/undionly.kpxe"], // T8
    ["efi\\boot/bootaa64.efi", "efi/boot/bootaa64.efi"], // T8
    ["undionly.kpxe\u00ff", "undionly.kpxe"], // Q7
    ["undionly.kpxe\u00ff\u00ff\u0001", "undionly.kpxe"], // Q7
    ["undionly.kpxe\u00ef\u00bf\u00bd", "undionly.kpxe"], // Q7: U+FFFD in UTF-8
    ["undionly.kpxe \r\n", "undionly.kpxe"],
    ["tftp://10.77.0.2/undionly.kpxe", "undionly.kpxe"],
    ["/tftp://10.77.0.2:69/ipxe/snp.efi", "ipxe/snp.efi"],
    ["media/abc..def/initrd", "media/abc..def/initrd"],
    ["media/a/caf\u00c3\u00a9.txt", "media/a/café.txt"],
    ["media/a/caf\u00e9.txt", "media/a/caf\u00e9.txt"], // Latin-1, no UTF-8
    ["media/a/two words", "media/a/two words"],
  ])("%j (T8, Q7) is %j", (asked, path) => {
    expect(repairName(asked)).toEqual({ type: "path", path });
  });
});

describe("a name that leads out, or nowhere, is refused with a reason", () => {
  test.each([
    "../etc/passwd",
    "..",
    "/..",
    "..\\..\\boot.ini",
    "media/abc/../../etc/passwd",
    "a/..",
    "./../x",
    "..\u00ff",
    "tftp://10.77.0.2/../x",
    "",
    "/",
    "./.",
    "\u00ff\u00ff",
    "a\u0001b",
    "a\nb",
  ])("%j", (asked) => {
    expect(repairName(asked)).toMatchObject({ type: "refused", reason: expect.stringMatching(/.{10,}/) });
  });
});

test("whatever is asked, a path has no empty, '.' or '..' segment and no control character", () => {
  const piece = fc.constantFrom(
    "..",
    ".",
    "/",
    "\\",
    "a",
    "tftp://",
    "\u00ff",
    "\0",
    " ",
    "\u00c0\u00ae",
    "%2e",
  );
  const name = fc.oneof(
    fc.array(piece, { maxLength: 12 }).map((parts) => parts.join("")),
    fc.string({ unit: fc.nat(255).map((code) => String.fromCharCode(code)) }),
  );
  fc.assert(
    fc.property(name, (asked) => {
      const repaired = repairName(asked);
      if (repaired.type === "refused") return;
      for (const segment of repaired.path.split("/")) expect(["", ".", ".."]).not.toContain(segment);
      expect(repaired.path).not.toMatch(/[\\\p{Cc}]/u);
    }),
    { numRuns: 2000 },
  );
});

test("a name is shown short and printable", () => {
  expect(showName("a\u001b[31m\u00e9")).toBe("a?[31m?");
  expect(showName("x".repeat(500))).toHaveLength(100);
  expect(showText("y".repeat(500))).toHaveLength(400);
});
