import * as fc from "fast-check";
import { expect, test } from "vitest";
import { applyDelta, lineDelta } from "../../../src/boot/history/line-delta.ts";

const list = fc.array(fc.oneof(fc.constantFrom("a", "b", "c"), fc.string()), { maxLength: 30 });

test("what differs from a list makes the other one of it", () => {
  fc.assert(
    fc.property(list, list, (from, to) => {
      expect(applyDelta(from, lineDelta(from, to)).toSorted()).toEqual(to.toSorted());
    }),
  );
});

test("it has nothing that both have", () => {
  fc.assert(
    fc.property(list, list, (common, more) => {
      const { gone, come } = lineDelta(common, [...more, ...common]);
      expect([gone, come.length]).toEqual([[], more.length]);
    }),
  );
});
