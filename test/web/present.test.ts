import { expect, test } from "vitest";
import { filled, present } from "../../src/web/present.ts";

test("what is absent is left out, and what is empty, nought or false is not", () => {
  expect(present({ a: undefined, b: "", c: 0, d: false })).toStrictEqual({ b: "", c: 0, d: false });
});

test("of texts that machines send the empty ones are left out too", () => {
  expect(filled({ a: undefined, b: "", c: "S1" })).toStrictEqual({ c: "S1" });
});
