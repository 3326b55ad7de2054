import fc from "fast-check";
import { expect, test } from "vitest";
import { wrapText } from "../../src/commands/wrap-text.ts";

test("a line that is too long goes on below the beginning of its text", () => {
  expect(wrapText("12:00:00  beta asks and is offered something to start", 10, 34)).toEqual([
    "12:00:00  beta asks and is offered",
    "          something to start",
  ]);
});

test("without a terminal, and where it fits, it stays as it is", () => {
  expect(wrapText("a b c", 2)).toEqual(["a b c"]);
  expect(wrapText("a b c", 2, 5)).toEqual(["a b c"]);
});

test("a word that is longer than a line is broken where the line ends", () => {
  expect(wrapText(`Path  ${"x".repeat(40)}`, 6, 30)).toEqual([
    `Path  ${"x".repeat(24)}`,
    `      ${"x".repeat(16)}`,
  ]);
});

test("whatever is said, no line is too long and no word is lost", () => {
  const text = fc
    .array(fc.stringMatching(/^[!-~]{1,40}$/), { minLength: 1, maxLength: 30 })
    .map((all) => all.join(" "));
  fc.assert(
    fc.property(text, fc.nat(20), fc.integer({ min: 41, max: 120 }), (said, indent, width) => {
      const lines = wrapText(said, indent, width);
      for (const line of lines) expect(line.length).toBeLessThanOrEqual(width);
      expect(
        lines
          .map((line) => line.trim())
          .join("")
          .replaceAll(" ", ""),
      ).toBe(said.replaceAll(" ", ""));
    }),
  );
});
