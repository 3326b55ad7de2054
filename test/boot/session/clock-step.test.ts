import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { clockStep, LEAST_STEP_MS, movedBy } from "../../../src/boot/session/clock-step.ts";
import { sessionTick } from "../../../src/boot/session/session-begin.ts";
import { idsAheadBy, makeSessionId, timeOfId } from "../../../src/boot/session/session-id.ts";
import { sessionStep } from "../../../src/boot/session/session-step.ts";
import { checkedIn, LIMITS, OVMF_BOOT, sessionTable } from "../../support/boot-events.ts";
import { BETA_MAC, GENERATION } from "../../support/worlds.ts";

const DAY_MS = 86_400_000;
const anyStep = fc.integer({ min: -3 * DAY_MS, max: 3 * DAY_MS });

describe("that the wall clock was set", () => {
  const before = { wallMs: 1_700_000_000_000, steadyMs: 5000 };

  test("shows against a clock that only goes forward, in both directions", () => {
    expect(clockStep(before, { wallMs: before.wallMs + 60_000, steadyMs: 65_000 })).toBe(0);
    expect(clockStep(before, { wallMs: before.wallMs + 60_000 + DAY_MS, steadyMs: 65_000 })).toBe(DAY_MS);
    expect(clockStep(before, { wallMs: before.wallMs - DAY_MS, steadyMs: 5000 })).toBe(-DAY_MS);
  });

  test("does not show in what two readings differ by anyway", () => {
    const after = { wallMs: before.wallMs + LEAST_STEP_MS - 1, steadyMs: 5000 };
    expect(clockStep(before, after)).toBe(0);
  });
});

test("a boot whose clock is set at any moment goes as it would have gone, with its times moved along", () => {
  const boot = [...OVMF_BOOT, [20_000, checkedIn()] as const];
  fc.assert(
    fc.property(anyStep, fc.integer({ min: 1, max: boot.length - 1 }), (byMs, at) => {
      const plain = sessionTable();
      plain.take(...boot);
      const stepped = sessionTable();
      stepped.take(...boot.slice(0, at));
      let live = stepped.live.get(BETA_MAC);
      if (live === undefined) throw new Error("nothing is followed");
      live = movedBy(live, byMs);
      let nowMs = stepped.now() + byMs;
      const means = { newId: () => "", generation: () => GENERATION };
      for (const [afterMs, event] of boot.slice(at)) {
        nowMs += afterMs;
        [live] = sessionStep(live, event, nowMs, means);
        if (live === undefined) throw new Error("it is followed no longer");
        [live] = sessionTick(live, nowMs, LIMITS);
        if (live === undefined) throw new Error("it is followed no longer");
      }
      const { checkIn: _own, ...moved } = movedBy(live, -byMs).session;
      const { checkIn: _plain, ...expected } = plain.session();
      expect(moved).toEqual(expected);
    }),
    { numRuns: 200 },
  );
});

test("all times of a boot are moved, its name is not", () => {
  const table = sessionTable();
  table.take(...OVMF_BOOT, [100, checkedIn()]);
  table.take([0, { type: "console", mac: BETA_MAC, address: "10.77.0.101", text: "hello" } as never]);
  const live = table.live.get(BETA_MAC);
  const moved = live && movedBy(live, 1000).session;
  const { session } = live ?? {};
  expect(moved).toMatchObject({
    id: session?.id,
    startMs: (session?.startMs ?? 0) + 1000,
    lastMs: (session?.lastMs ?? 0) + 1000,
    checkIn: { atMs: (session?.checkIn?.atMs ?? 0) + 1000 },
  });
  expect(moved?.steps.map(({ startMs }) => startMs - 1000)).toEqual(
    session?.steps.map(({ startMs }) => startMs),
  );
  expect(moved?.console?.map(({ atMs }) => atMs - 1000)).toEqual(session?.console?.map(({ atMs }) => atMs));
});

describe("names of sessions", () => {
  test("sort by when they began, however often the clock is set by less than a week", () => {
    const steps = fc.array(fc.tuple(fc.integer({ min: 1, max: DAY_MS }), anyStep), { maxLength: 40 });
    fc.assert(
      fc.property(steps, (all) => {
        let nowMs = 1_700_000_000_000;
        let aheadMs = 0;
        let last = "";
        for (const [passedMs, setByMs] of all) {
          const nextMs = idsAheadBy(aheadMs, setByMs);
          // It was wrong for more than a week: from here on names are by the clock again.
          if (aheadMs - setByMs > 7 * DAY_MS) last = "";
          aheadMs = nextMs;
          nowMs += passedMs + setByMs;
          const id = makeSessionId(nowMs + aheadMs, 0.5);
          expect(id > last).toBe(true);
          expect(timeOfId(id)).toBe(nowMs + aheadMs);
          last = id;
        }
      }),
    );
  });

  test("are not kept for years because the clock was wrong by years once", () => {
    expect(idsAheadBy(0, -400 * DAY_MS)).toBe(0);
    expect(idsAheadBy(0, -DAY_MS)).toBe(DAY_MS);
    expect(idsAheadBy(DAY_MS, 3 * DAY_MS)).toBe(0);
  });
});
