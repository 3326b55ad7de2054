import { expect, test } from "vitest";
import { initOf, nixosVersionIn, systemOf, versionInName } from "../../../src/boot/history/system-name.ts";

const HASH = "0123456789abcdfghijklmnpqrsvwxyz";

test.each([
  [`init=/nix/store/${HASH}-nixos-system-a-25.05/init quiet`, `/nix/store/${HASH}-nixos-system-a-25.05`],
  [`init=/bin/sh x init=/nix/store/${HASH}-sys/init`, `/nix/store/${HASH}-sys`],
  ["init=/sbin/init", undefined],
  ["rdinit=/nix/store/x/init", undefined],
  ["", undefined],
  [`init=/nix/store/${HASH}-a/../../etc/init`, undefined],
])("of '%s' the system is %s", (kernelParams, system) => {
  expect(systemOf(kernelParams)).toBe(system);
});

test("the last init= is the one that the kernel starts", () => {
  expect(initOf("init=/a quiet init=/b")).toBe("/b");
  expect(initOf("quiet")).toBeUndefined();
});

test.each([
  ["nixos-system-beta-25.05.20250802.abcdef", "25.05.20250802.abcdef"],
  ["nixos-system-my-node-01-24.11pre-git", "24.11pre-git"],
  ["nixos-system-a-23.05-b-24.11", "24.11"],
  ["nixos-system-beta-mine", undefined],
  ["linux-6.12.1", undefined],
])("the name %s tells the version %s", (name, version) => {
  expect(versionInName(`/nix/store/${HASH}-${name}`)).toBe(version);
  expect(nixosVersionIn(`quiet init=/nix/store/${HASH}-${name}/init`)).toBe(version);
});

test("parameters without a system tell no version", () => {
  expect(nixosVersionIn("init=/sbin/init")).toBeUndefined();
});
