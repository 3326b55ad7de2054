import fc from "fast-check";
import { expect, test } from "vitest";
import {
  formatWish,
  isaOfMachine,
  kexecPath,
  readKexecQuestion,
} from "../../../src/boot/kexec/kexec-question.ts";

test.each([
  [["beta"], "", { step: "script", wish: { host: "beta" } }],
  [
    ["beta"],
    "generation=12&group=x",
    { step: "script", wish: { host: "beta", generation: "12", group: "x" } },
  ],
  [["-"], "", { step: "script", wish: {} }],
  [[], "", { step: "script", wish: {} }],
  [
    ["beta", "plan"],
    "mac=52:54:00:12:34:56&arch=aarch64",
    { step: "plan", mac: "52:54:00:12:34:56", isa: "arm64" },
  ],
  [
    ["beta", "start"],
    "mac=52:54:00:12:34:56&generation=a-b",
    { step: "start", wish: { host: "beta", generation: "a-b" } },
  ],
  [["beta", "next"], "boot=a-b&force=1", { step: "next", boot: "a-b", force: true }],
  [["plan"], "", { step: "script", wish: { host: "plan" } }],
  [["plan", "plan"], "mac=x", { step: "plan", wish: { host: "plan" }, badMac: "x" }],
] as const)("reads /kexec/%j with '%s'", (path, query, expected) => {
  expect(readKexecQuestion(path, query)).toMatchObject(expected);
});

test.each([[["a", "b"]], [["a", "b", "plan"]], [["a", "plan", "b"]]])("does not know /kexec/%j", (path) => {
  expect(readKexecQuestion(path, "")).toBeUndefined();
});

test("what a wish is written as is read as the same wish", () => {
  const word = fc.string({ minLength: 1, unit: "binary" }).map((each) => each.toWellFormed());
  fc.assert(
    fc.property(fc.record({ group: word, generation: word }, { requiredKeys: [] }), (wish) => {
      const query = formatWish(wish);
      expect(query).not.toMatch(/['\s]/);
      const path = kexecPath(wish).split("/").slice(2);
      expect(readKexecQuestion(path, query)?.wish).toEqual(wish);
    }),
  );
});

test.each([
  ["x86_64", "x86"],
  ["i686", "x86"],
  ["aarch64", "arm64"],
  ["armv7l", "arm32"],
  ["riscv64", "riscv64"],
  ["loongarch64", "loong64"],
  ["s390x", undefined],
  ["armchair", undefined],
])("a machine that is %s is %s", (machine, isa) => {
  expect(isaOfMachine(machine)).toBe(isa);
});
