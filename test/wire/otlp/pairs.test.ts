import { expect, test } from "vitest";
import { parsePairs } from "../../../src/wire/otlp/pairs.ts";

test.each([
  ["", {}],
  ["authorization=Bearer%20abc", { authorization: "Bearer abc" }],
  ["a=1,b=2", { a: "1", b: "2" }],
  [" a = 1 , b = 2 ,", { a: "1", b: "2" }],
  ["a=b=c", { a: "b=c" }],
  ["k%20ey=v%2Cw", { "k ey": "v,w" }],
  ["a=", { a: "" }],
])("%s is read", (text, pairs) => {
  expect(parsePairs(text)).toEqual(pairs);
});

test.each(["a", "=1", "a=%zz", "a=1,b"])("%s is no list of pairs", (text) => {
  expect(parsePairs(text)).toBeUndefined();
});
