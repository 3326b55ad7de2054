import { posix } from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { archiveName, isInitLink } from "../../../src/boot/image/archive-name.ts";

describe("the name of an entry", () => {
  test.each([
    ["bzImage", "bzImage"],
    ["./kexec/bzImage", "kexec/bzImage"],
    ["kexec//initrd/", "kexec/initrd"],
    ["./", ""],
  ])("%s is %s", (name, path) => expect(archiveName(name)).toBe(path));

  test.each([
    "/etc/passwd",
    "../x",
    "a/../../x",
    "a/..",
    "a\\..\\b",
    "a\0b",
    "a\nb",
    "x/".repeat(9),
    "x".repeat(600),
  ])("%j is refused", (name) => expect(archiveName(name)).toBeUndefined());

  test("never leads out of its folder, whatever it is", () => {
    const part = fc.oneof(fc.constantFrom("..", ".", "", "a", "\\", "\0"), fc.string({ maxLength: 5 }));
    fc.assert(
      fc.property(fc.array(part, { maxLength: 12 }), (parts) => {
        const name = archiveName(parts.join("/"));
        if (name !== undefined) expect(posix.join("/in", name)).toMatch(/^\/in(\/|$)/);
      }),
    );
  });
});

describe("a link", () => {
  test("called init that leads to a system in the nix store is one that images have", () => {
    expect(isInitLink("init", "/nix/store/abc-nixos-system/init")).toBe(true);
    expect(isInitLink("kexec/init", "/nix/store/abc-nixos-system/init")).toBe(true);
  });

  test.each([
    ["init", "/etc/passwd"],
    ["init", "/nix/store/../../etc/passwd"],
    ["init", "init"],
    ["bzImage", "/nix/store/abc-linux/bzImage"],
  ])("%s to %s is none", (name, target) => expect(isInitLink(name, target)).toBe(false));
});
