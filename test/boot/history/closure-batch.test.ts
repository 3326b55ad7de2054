import fc from "fast-check";
import { expect, test } from "vitest";
import { type BatchPlan, FIRST_BATCH, planBatch } from "../../../src/boot/history/closure-batch.ts";

/** The sizes of the batches in which a thousand are asked for, of which each answer has so many store paths. */
function sizes(toldOf: (asked: number) => number): readonly number[] {
  const asked: number[] = [];
  let plan: BatchPlan = FIRST_BATCH;
  for (let left = 1000; left > 0; left -= asked.at(-1) ?? 0) {
    asked.push(Math.min(plan.size, left));
    plan = planBatch(plan, asked.at(-1) ?? 0, toldOf(asked.at(-1) ?? 0));
  }
  return asked;
}

test("a thousand systems that have nearly all in common take two dozen calls", () => {
  expect(sizes((asked) => 1000 + 20 * asked).slice(0, 5)).toEqual([1, 2, 8, 32, 50]);
  expect(sizes((asked) => 1000 + 20 * asked)).toHaveLength(24);
});

test("of larger ones as many are asked for at once as an answer of bearable length has", () => {
  expect(sizes((asked) => 2000 + 100 * asked).slice(0, 5)).toEqual([1, 2, 8, 20, 20]);
  expect(new Set(sizes((asked) => 2000 * asked))).toEqual(new Set([1, 2]));
  expect(new Set(sizes((asked) => 9000 * asked))).toEqual(new Set([1]));
});

test("those that nix does not know are asked for by fifty", () => {
  expect(sizes(() => 0)).toHaveLength(24);
});

test("whatever is told, there are from one to fifty in the next batch, and at most four times as many", () => {
  const answers = fc.array(fc.record({ less: fc.nat(50), told: fc.nat(200_000) }));
  fc.assert(
    fc.property(answers, (all) => {
      let plan: BatchPlan = FIRST_BATCH;
      for (const { less, told } of all) {
        const asked = Math.max(0, plan.size - less);
        const { size } = plan;
        plan = planBatch(plan, asked, told);
        expect(plan.size).toBeGreaterThanOrEqual(1);
        expect(plan.size).toBeLessThanOrEqual(Math.min(50, asked === 0 ? size : 4 * asked));
        expect(Number.isInteger(plan.size)).toBe(true);
      }
    }),
  );
});
