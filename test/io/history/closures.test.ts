import * as fc from "fast-check";
import { expect, test } from "vitest";
import type { Closure } from "../../../src/boot/history/closure.ts";
import { createClosures } from "../../../src/io/history/closures.ts";
import { createMemoryStore } from "../../../src/io/store/store.ts";

const anyClosure: fc.Arbitrary<Closure> = fc.array(
  fc.record({ name: fc.constantFrom("a-1", "b-2", "c-3", "d-4"), sizeBytes: fc.integer({ min: 0, max: 9 }) }),
  { maxLength: 12 },
);
const sorted = (closure: Closure | undefined) =>
  closure?.map(({ name, sizeBytes }) => `${name} ${sizeBytes}`).sort();

test("each closure comes back as it was put, however many there are and in whichever order they came", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.uniqueArray(fc.integer({ min: 1, max: 60 }), { maxLength: 40 }),
      fc.func(anyClosure),
      async (numbers, closureOf) => {
        const closures = createClosures(createMemoryStore());
        for (const number of numbers) await closures.put("beta", number, closureOf(number));
        for (const number of numbers) {
          expect(sorted(await closures.get("beta", number))).toEqual(sorted(closureOf(number)));
        }
      },
    ),
    { numRuns: 30 },
  );
});

test("a hundred builds of a system that differ a little take little more room than one", async () => {
  const store = createMemoryStore();
  const closures = createClosures(store);
  const system = (version: number): Closure =>
    Array.from({ length: 1000 }, (_, at) => {
      const name = `package-${at * 7919}-${at < 3 ? version : at % 13}.${at % 7}`;
      return { name, sizeBytes: (at * 7919 * 31) % 1_000_003 };
    });
  const sizeOf = async () => JSON.stringify([...(await store.load("generation-closure"))]).length;
  await closures.put("beta", 1, system(1));
  const one = await sizeOf();
  for (let number = 2; number <= 100; number++) await closures.put("beta", number, system(number));
  expect(await sizeOf()).toBeLessThan(one * 12);
  expect(sorted(await closures.get("beta", 77))).toEqual(sorted(system(77)));
});

test("what is damaged is as if it were not there, and what lies on top of it too", async () => {
  const store = createMemoryStore();
  const closures = createClosures(store);
  const big = Array.from({ length: 100 }, (_, at) => ({ name: `p${at}`, sizeBytes: at }));
  await closures.put("beta", 1, big);
  await closures.put("beta", 2, [...big, { name: "more", sizeBytes: 1 }]);
  await store.put([{ kind: "generation-closure", key: "beta/00000001", value: { depth: 0, zip: "AAAA" } }]);
  expect(await closures.get("beta", 1)).toBeUndefined();
  expect(await closures.get("beta", 2)).toBeUndefined();
  expect(await closures.get("beta", 3)).toBeUndefined();
  await closures.put("beta", 3, big);
  expect(sorted(await closures.get("beta", 3))).toEqual(sorted(big));
});
