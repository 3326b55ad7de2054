import { expect, test } from "vitest";
import { diffRecords, isSame } from "../../../src/boot/history/diff-records.ts";
import type { GenerationRecord } from "../../../src/boot/history/record.ts";

const FIRST: GenerationRecord = {
  ...{ image: "beta", number: 1, id: "a", shape: "homestakeros", path: "/nix/store/a" },
  ...{ firstMs: 1, lastMs: 1, sizeBytes: 100 },
  kernelVersion: "6.12.1",
  isas: ["x86"],
  kernelParams: "init=/nix/store/a/init quiet loglevel=4",
  nixosVersion: "25.05.1",
};

test("the kernel, the version of NixOS, the parameters and the size are told where they changed", () => {
  const { kernelVersion: _none, ...second } = {
    ...FIRST,
    ...{ number: 2, id: "b", sizeBytes: 130, nixosVersion: "25.05.2", label: "mine" },
    kernelParams: "init=/nix/store/b/init quiet loglevel=7 panic=30",
  };
  const diff = diffRecords(FIRST, second);
  expect(diff).toEqual({
    values: [
      { what: "kernel", before: "6.12.1" },
      { what: "nixos", before: "25.05.1", after: "25.05.2" },
      { what: "label", after: "mine" },
      { what: "init", before: "/nix/store/a/init", after: "/nix/store/b/init" },
    ],
    parameters: [
      { edit: "same", word: "quiet" },
      { edit: "removed", word: "loglevel=4" },
      { edit: "added", word: "loglevel=7" },
      { edit: "added", word: "panic=30" },
    ],
    sizeDeltaBytes: 30,
  });
  expect(isSame(diff)).toBe(false);
});

test("a generation does not differ from itself", () => {
  expect(isSame(diffRecords(FIRST, FIRST))).toBe(true);
});
