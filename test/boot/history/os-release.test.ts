import { expect, test } from "vitest";
import { nixosVersionOf, parseOsRelease } from "../../../src/boot/history/os-release.ts";

const NIXOS = `ANSI_COLOR="1;34"
BUILD_ID="25.05.20250802.abcdef"
ID=nixos
PRETTY_NAME="NixOS 25.05 (Warbler)"
VERSION_ID="25.05"
`;

test("NixOS says which one it is", () => {
  const release = parseOsRelease(NIXOS);
  expect(release.get("PRETTY_NAME")).toBe("NixOS 25.05 (Warbler)");
  expect(nixosVersionOf(release)).toBe("25.05.20250802.abcdef");
  expect(nixosVersionOf(parseOsRelease("ID=nixos\nVERSION_ID='25.05'"))).toBe("25.05");
});

test("another system has no version of NixOS, and lines that are no assignments do not count", () => {
  expect(nixosVersionOf(parseOsRelease("ID=debian\nVERSION_ID=13"))).toBeUndefined();
  expect([...parseOsRelease('# A=1\nno line\nA="say \\"x\\""\nB=\n')]).toEqual([
    ["A", 'say "x"'],
    ["B", ""],
  ]);
});
