import { expect, test } from "vitest";
import { chartOf, detailNow } from "../../dashboard/src/state/boot-detail.ts";
import { withNews } from "../../dashboard/src/state/boot-list.ts";
import type { Boot } from "../../dashboard/src/state/state.ts";
import type { SessionDetail } from "../../src/web/schema/sessions.ts";
import { AT, fetching, later, session } from "../support/dashboard-events.ts";

function row(id: string, more: Partial<Boot> = {}): Boot {
  const { steps: _, ...rest } = session();
  return { ...rest, id, ...more };
}

test("boots that began since, and as they are now, come into the list that was asked for", () => {
  const asked = [row("0b"), row("0a")];
  const heard = [row("0c"), row("0b", { outcome: "failed" })];
  expect(withNews(asked, heard, {}).map(({ id, outcome }) => [id, outcome])).toEqual([
    ["0c", "under-way"],
    ["0b", "failed"],
    ["0a", "under-way"],
  ]);
});

test("what was heard of boots before the last of the list leaves no gap behind it", () => {
  expect(withNews([row("0c")], [row("0a")], {}).map(({ id }) => id)).toEqual(["0c"]);
  expect(withNews([], [row("0a")], {}).map(({ id }) => id)).toEqual(["0a"]);
});

test("a boot that is not what is wanted any more leaves the list", () => {
  const filter = { outcome: "under-way" } as const;
  expect(
    withNews([row("0b"), row("0a")], [row("0b", { outcome: "failed" })], filter).map(({ id }) => id),
  ).toEqual(["0a"]);
  expect(withNews([row("0a")], [row("0b", { host: "gamma" })], { host: "beta" }).map(({ id }) => id)).toEqual(
    ["0a"],
  );
});

function detail(more: Partial<SessionDetail> = {}): SessionDetail {
  const medians = { boots: 3, totalMs: 9000, stages: [{ stage: "initrd", medianMs: 6000, boots: 3 }] };
  return { ...session(), medians, diagnoses: [], console: [], ...more };
}

test("a boot's page shows the stages that were heard of since, and keeps what only the answer tells", () => {
  const heard: Boot = { ...row(session().id), last: later(5000), steps: [fetching("x")] };
  const now = detailNow(detail(), heard);
  expect([now.steps.length, now.last, now.medians.boots]).toEqual([1, later(5000), 3]);
  expect(detailNow(detail({ last: later(9000) }), heard).last).toBe(later(9000));
});

test("a stage stands where and as long as it was, beside what it takes as a rule", () => {
  const steps = [
    { stage: "firmware-dhcp", start: AT, end: later(2000) },
    fetching("x", { start: later(3000), end: later(5000) }),
  ];
  const { bars, spanMs, ticksMs, usualMs } = chartOf(
    detail({ outcome: "checked-in", last: later(5000), steps }),
    0,
  );
  expect(bars.map(({ fromMs, toMs, medianMs }) => [fromMs, toMs, medianMs])).toEqual([
    [0, 2000, undefined],
    [3000, 5000, 6000],
  ]);
  expect([spanMs, usualMs]).toEqual([9000, 9000]);
  expect(ticksMs).toEqual([0, 2000, 4000, 6000, 8000]);
});

test("a stage that goes on reaches to now, but never beyond what is over", () => {
  const steps = [fetching("x")];
  const nowMs = Date.parse(later(4000));
  expect(chartOf(detail({ steps }), nowMs).bars[0]).toMatchObject({ toMs: 4000, isUnderWay: true });
  const over = detail({ steps, outcome: "failed", last: later(1500) });
  expect(chartOf(over, nowMs).bars[0]).toMatchObject({ toMs: 1500, isUnderWay: false });
});

test("a clock of the browser's that is behind the server's makes no stage end before it began", () => {
  const steps = [fetching("x", { start: later(3000) })];
  expect(chartOf(detail({ steps, last: later(3000) }), 0).bars[0]).toMatchObject({
    fromMs: 3000,
    toMs: 3000,
  });
});
