import fc from "fast-check";
import { expect, test } from "vitest";
import { pageOf } from "../../src/web/paging.ts";

test("all pages together are the list, whatever their length", () => {
  const names = fc.uniqueArray(fc.string({ maxLength: 8 }), { maxLength: 50 });
  fc.assert(
    fc.property(names, fc.integer({ min: 1, max: 20 }), (list, limit) => {
      const all = list.toSorted((a, b) => (a < b ? -1 : 1));
      const got: string[] = [];
      let cursor: string | undefined;
      do {
        const page = pageOf(all, { limit, cursor }, (name) => name);
        expect(page.items.length).toBeLessThanOrEqual(limit);
        expect(page.total).toBe(all.length);
        got.push(...page.items);
        cursor = page.next;
      } while (cursor !== undefined);
      // A lone half of a pair is no text that can be sent.
      if (list.every((name) => name.isWellFormed())) expect(got).toEqual(all);
    }),
  );
});

test("what goes or comes between two pages neither shifts nor doubles the others", () => {
  const first = pageOf(["a", "c", "e", "g"], { limit: 2 }, (name) => name);
  expect(first.items).toEqual(["a", "c"]);
  const second = pageOf(["a", "b", "d", "e", "g"], { limit: 2, cursor: first.next }, (name) => name);
  expect(second.items).toEqual(["d", "e"]);
});

test("a cursor that we never gave is refused", () => {
  expect(() => pageOf(["a"], { limit: 1, cursor: "%" }, (name) => name)).toThrow("next");
});
