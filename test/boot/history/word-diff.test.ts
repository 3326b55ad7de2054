import * as fc from "fast-check";
import { expect, test } from "vitest";
import { diffWords, splitParameters, type WordEdit } from "../../../src/boot/history/word-diff.ts";

const words = fc.array(fc.constantFrom<string>("quiet", "loglevel=4", "console=ttyS0", "a", "b"), {
  maxLength: 25,
});
const only = (edits: readonly WordEdit[], ...kinds: WordEdit["edit"][]) =>
  edits.filter(({ edit }) => kinds.includes(edit)).map(({ word }) => word);

test("kernel parameters are parted at blanks that stand in no quotes", () => {
  expect(splitParameters('  quiet  dyndbg="file a.c +p" x=1\n')).toEqual([
    "quiet",
    'dyndbg="file a.c +p"',
    "x=1",
  ]);
  expect(splitParameters('a "never ends')).toEqual(["a", '"never ends']);
  expect(splitParameters("")).toEqual([]);
});

test("no word is lost: what was removed or is the same is the one line, what was added or is the same the other", () => {
  fc.assert(
    fc.property(words, words, (before, after) => {
      const edits = diffWords(before, after);
      expect(only(edits, "same", "removed")).toEqual(before);
      expect(only(edits, "same", "added")).toEqual(after);
    }),
  );
});

test("the edits are as few the one way as the other, and there are none without a change", () => {
  fc.assert(
    fc.property(words, words, (before, after) => {
      const count = (edits: readonly WordEdit[]) => only(edits, "removed", "added").length;
      expect(count(diffWords(before, after))).toBe(count(diffWords(after, before)));
      expect(count(diffWords(before, before))).toBe(0);
    }),
  );
});

test("words that were put in between are all that is told", () => {
  fc.assert(
    fc.property(words, fc.array(fc.constantFrom("new", "newer")), fc.nat(25), (before, more, at) => {
      const after = before.toSpliced(at, 0, ...more);
      expect(only(diffWords(before, after), "removed", "added")).toEqual(more);
    }),
  );
});

test("lists of which nobody ever had such long ones take no time", () => {
  const long = (name: string) => Array.from({ length: 100_000 }, (_, at) => `${name}${at}`);
  const edits = diffWords(["same", ...long("a")], ["same", ...long("b")]);
  expect(edits).toHaveLength(200_001);
  expect(edits[0]).toEqual({ edit: "same", word: "same" });
});
