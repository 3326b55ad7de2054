import { expect, test } from "vitest";
import { etagOf, holdsTag } from "../../src/web/etag.ts";

test("a tag is another one for another text, and always the same for the same", () => {
  expect(etagOf("a")).toBe(etagOf("a"));
  expect(etagOf("a")).not.toBe(etagOf("b"));
  expect(etagOf("a")).toMatch(/^"[\w-]{22}"$/);
});

test.each([
  ['"a"', '"a"', "strong", true],
  ['"b", "a"', '"a"', "strong", true],
  ['W/"a"', '"a"', "strong", false],
  ['W/"a"', '"a"', "weak", true],
  ["*", '"a"', "strong", true],
  ["*", undefined, "weak", false],
  ['"a"', undefined, "weak", false],
  ['"ab"', '"a"', "weak", false],
  ["a", '"a"', "weak", false],
  ["", '"a"', "weak", false],
] as const)("If-…: %s holds %s (%s): %s", (list, tag, kind, holds) => {
  expect(holdsTag(list, tag, kind)).toBe(holds);
});
