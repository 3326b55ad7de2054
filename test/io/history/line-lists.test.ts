import * as fc from "fast-check";
import { expect, test } from "vitest";
import { createLineLists } from "../../../src/io/history/line-lists.ts";
import { createMemoryStore } from "../../../src/io/store/store.ts";

const KIND = "list";
const anyList = fc.array(fc.constantFrom("a", "b", "c", "d", "", "two words"), { maxLength: 12 });
const sorted = (lines: readonly string[] | undefined) => lines?.toSorted();

test("each list comes back as it was put, however many there are and in whichever order they came", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.uniqueArray(fc.integer({ min: 1, max: 60 }), { maxLength: 40 }),
      fc.func(anyList),
      async (numbers, listOf) => {
        const lists = createLineLists(createMemoryStore(), KIND);
        for (const number of numbers) await lists.put("beta", number, listOf(number));
        for (const number of numbers) {
          expect(sorted(await lists.get("beta", number))).toEqual(sorted(listOf(number)));
        }
      },
    ),
    { numRuns: 30 },
  );
});

test("a hundred builds of a system that differ a little take little more room than one", async () => {
  const store = createMemoryStore();
  const lists = createLineLists(store, KIND);
  const system = (version: number): string[] =>
    Array.from({ length: 1000 }, (_, at) => {
      const name = `package-${at * 7919}-${at < 3 ? version : at % 13}.${at % 7}`;
      return `${(at * 7919 * 31) % 1_000_003} ${name}`;
    });
  const sizeOf = async () => JSON.stringify([...(await store.load(KIND))]).length;
  await lists.put("beta", 1, system(1));
  const one = await sizeOf();
  for (let number = 2; number <= 100; number++) await lists.put("beta", number, system(number));
  expect(await sizeOf()).toBeLessThan(one * 12);
  expect(sorted(await lists.get("beta", 77))).toEqual(sorted(system(77)));
});

test("what is damaged is as if it were not there, and what lies on top of it too", async () => {
  const store = createMemoryStore();
  const lists = createLineLists(store, KIND);
  const big = Array.from({ length: 100 }, (_, at) => `p${at}`);
  await lists.put("beta", 1, big);
  await lists.put("beta", 2, [...big, "more"]);
  await store.put([{ kind: KIND, key: "beta/00000001", value: { depth: 0, zip: "AAAA" } }]);
  expect(await lists.get("beta", 1)).toBeUndefined();
  expect(await lists.get("beta", 2)).toBeUndefined();
  expect(await lists.get("beta", 3)).toBeUndefined();
  await lists.put("beta", 3, big);
  expect(sorted(await lists.get("beta", 3))).toEqual(sorted(big));
});
