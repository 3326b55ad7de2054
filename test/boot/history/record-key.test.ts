import * as fc from "fast-check";
import { expect, test } from "vitest";
import { keysBelow, parseRecordKey, recordKey } from "../../../src/boot/history/record-key.ts";

const image = fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9._-]{0,20}$/);
const number = fc.integer({ min: 1, max: 99_999_999 });

test("a key says its image and its number", () => {
  fc.assert(
    fc.property(image, number, (name, nth) => {
      expect(parseRecordKey(recordKey(name, nth))).toEqual({ image: name, number: nth });
    }),
  );
});

test("the records of an image lie in the order of their numbers, and no other image's lie between them", () => {
  fc.assert(
    fc.property(image, image, number, number, (one, other, first, second) => {
      const { from, below } = keysBelow(one);
      const key = recordKey(other, second);
      expect(from <= key && key < below).toBe(one === other);
      expect(recordKey(one, first) < recordKey(one, second)).toBe(first < second);
    }),
  );
});
