import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { bootHistory, medianOf } from "../../dashboard/src/state/boot-history.ts";
import type { Boot } from "../../dashboard/src/state/state.ts";
import {
  BANDS,
  STORM_POINTS,
  type StagedBoot,
  type Storm,
  stacked,
  stormBoots,
  stormOf,
} from "../../dashboard/src/state/storm.ts";
import { type SessionRow, sessionRow } from "../../src/web/schema/sessions.ts";

const NOW = Date.parse("2026-01-01T12:00:00.000Z");
const MINUTE = 60_000;
const at = (ms: number) => new Date(ms).toISOString();

function row(minutesAgo: number, changes: Partial<SessionRow> = {}): SessionRow {
  const start = at(NOW - minutesAgo * MINUTE);
  const id = `${String(100_000_000 - minutesAgo)}-000000`;
  return sessionRow.parse({
    ...{ id, mac: "52:54:00:12:34:56", via: "netboot", outcome: "checked-in", start, last: start },
    ...{ scripts: 1, sentBytes: 1 },
    ...changes,
  });
}

describe("boot times over weeks", () => {
  test("every boot has its place, the oldest first, and the median goes along with those that got everything", () => {
    const history = bootHistory(
      [
        row(1, { outcome: "failed" }),
        row(10, { fetchedAfterMs: 30_000 }),
        row(20, { fetchedAfterMs: 10_000 }),
        row(30, { fetchedAfterMs: 20_000 }),
      ],
      NOW,
    );
    expect(history?.dots.map(({ tookMs }) => tookMs)).toEqual([20_000, 10_000, 30_000, undefined]);
    expect(history?.median.map(({ ms }) => ms)).toEqual([20_000, 15_000, 20_000]);
    expect(history?.topMs).toBeGreaterThan(30_000);
    expect(history?.ticksMs[0]).toBe(0);
  });

  test("what is under way stands as high as it has taken so far, and is not among those that never got it", () => {
    const one = (changes: Partial<SessionRow>, minutesAgo: number) =>
      bootHistory([row(200, { fetchedAfterMs: 10 * MINUTE }), row(minutesAgo, changes)], NOW)?.dots.at(-1);
    expect(one({ outcome: "under-way" }, 3)).toMatchObject({ soFarMs: 3 * MINUTE });
    expect(one({ outcome: "under-way" }, 90)?.soFarMs).toBeLessThan(11 * MINUTE);
    expect(one({ outcome: "failed" }, 3)?.soFarMs).toBeUndefined();
    expect(one({ outcome: "under-way" }, -1)?.soFarMs).toBe(0);
  });

  test("without a boot there is no picture, and one alone has room around it", () => {
    expect(bootHistory([], NOW)).toBeUndefined();
    const history = bootHistory([row(0)], NOW);
    expect((history?.toMs ?? 0) - (history?.fromMs ?? 0)).toBeGreaterThanOrEqual(3_600_000);
  });

  test("a median has as many values above as below", () => {
    fc.assert(
      fc.property(fc.array(fc.nat(), { minLength: 1 }), (values) => {
        const median = medianOf(values);
        const above = values.filter((value) => value > median).length;
        const below = values.filter((value) => value < median).length;
        return Math.max(above, below) <= values.length / 2;
      }),
    );
  });
});

type Step = StagedBoot["steps"][number];
const step = (stage: string, fromMinutes: number, toMinutes?: number): Step => ({
  ...{ stage, start: at(NOW - fromMinutes * MINUTE) },
  ...(toMinutes === undefined ? {} : { end: at(NOW - toMinutes * MINUTE) }),
});

function staged(
  steps: readonly Step[],
  lastMinutes = 0,
  outcome: StagedBoot["outcome"] = "under-way",
): StagedBoot {
  const [first] = steps;
  return {
    id: first?.start ?? "",
    outcome,
    start: first?.start ?? "",
    last: at(NOW - lastMinutes * MINUTE),
    steps: [...steps],
  };
}

/** How many were in a band so many minutes ago, of a picture of three hours with a point each minute. */
function countIn({ counts }: Storm, key: string, minutesAgo: number): number | undefined {
  const band = BANDS.findIndex((each) => each.key === key);
  return counts[band]?.[STORM_POINTS - 1 - minutesAgo];
}
const SPAN = 180 * MINUTE;

describe("a boot storm", () => {
  test("a machine counts in one stage at a time, from its first to its last", () => {
    const boot = staged([step("firmware-dhcp", 50, 40), step("kernel", 40, 30), step("initrd", 30)]);
    const storm = stormOf([boot], NOW, SPAN);
    expect([51, 50, 41, 40, 0].map((ago) => countIn(storm, "address", ago))).toEqual([0, 1, 1, 0, 0]);
    expect([41, 40, 31, 30].map((ago) => countIn(storm, "kernel", ago))).toEqual([0, 1, 1, 0]);
    expect([31, 30, 0].map((ago) => countIn(storm, "image", ago))).toEqual([0, 1, 1]);
    expect(storm.outcomes).toMatchObject({ "under-way": 1, failed: 0 });
  });

  test("what has everything starts its system until it says that it is up", () => {
    const boot = staged([step("initrd", 30, 20), step("check-in", 10, 10)], 10, "checked-in");
    const storm = stormOf([boot], NOW, SPAN);
    expect([21, 20, 11, 10, 5].map((ago) => countIn(storm, "system", ago))).toEqual([0, 1, 1, 0, 0]);
    expect(countIn(storm, "image", 15)).toBe(0);
  });

  test("what was over before the picture begins is not in it", () => {
    const storm = stormOf([staged([step("kernel", 300, 200)], 200, "failed")], NOW, SPAN);
    expect(storm.counts.flat().every((count) => count === 0)).toBe(true);
    expect(storm.outcomes.failed).toBe(0);
  });

  test("what is under way is in it, however long nothing but bytes was heard of it", () => {
    const storm = stormOf([staged([step("initrd", 300)], 200)], NOW, SPAN);
    expect([180, 0].map((ago) => countIn(storm, "image", ago))).toEqual([1, 1]);
    expect(storm.outcomes["under-way"]).toBe(1);
  });

  test("no machine is in two stages at once, nor in less than none, whatever its steps are", () => {
    const steps = fc.array(
      fc.record({
        stage: fc.constantFrom(...BANDS.flatMap(({ stages }) => stages), "new"),
        from: fc.nat(400),
        took: fc.option(fc.nat(100)),
      }),
      { minLength: 1, maxLength: 8 },
    );
    fc.assert(
      fc.property(steps, fc.boolean(), (all, isOver) => {
        const ordered = all
          .toSorted((a, b) => b.from - a.from)
          .map(({ stage, from, took }) => step(stage, from, took === null ? undefined : from - took));
        const { counts } = stormOf([staged(ordered, 0, isOver ? "failed" : "under-way")], NOW, SPAN);
        const sums = stacked(counts).at(-1) ?? [];
        return counts.flat().every((count) => count >= 0) && sums.every((sum) => sum <= 1);
      }),
    );
  });

  test("what was heard since counts, and of what was not told stage by stage how it ended", () => {
    const [first, second] = [staged([step("kernel", 5)]), staged([step("initrd", 4)])];
    const later = {
      ...row(5),
      id: first.id,
      last: at(NOW),
      steps: [step("kernel", 5, 1), step("initrd", 1)],
    };
    const { steps: _steps, ...ended } = {
      ...row(4),
      id: second.id,
      outcome: "failed" as const,
      last: at(NOW),
      steps: [],
    };
    const boots = stormBoots([first, second], [later as Boot, ended, row(1)]);
    expect(boots.map(({ steps, outcome }) => [steps.length, outcome])).toEqual([
      [2, "checked-in"],
      [1, "failed"],
    ]);
  });
});
