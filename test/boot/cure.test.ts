import { expect, test } from "vitest";
import { cureOf } from "../../src/boot/cure.ts";

test("an error has the cure that it names, and anything else has none", () => {
  expect(cureOf(Object.assign(new Error("full"), { cure: "make room" }))).toBe("make room");
  expect(cureOf(Object.assign(new Error("full"), { cure: undefined }))).toBeUndefined();
  expect([new Error("full"), { cure: "make room" }, "full", undefined].map(cureOf)).toEqual([
    undefined,
    undefined,
    undefined,
    undefined,
  ]);
});
