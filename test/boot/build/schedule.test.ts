import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  type LocalOffset,
  nextBuildMs,
  nextTimeOfDay,
  parseDuration,
  parseTimeOfDay,
} from "../../../src/boot/build/schedule.ts";

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

/** How a real time zone is ahead of UTC. */
function zone(name: string): LocalOffset {
  const format = new Intl.DateTimeFormat("en", { timeZone: name, timeZoneName: "longOffset" });
  const known = new Map<number, number>();
  return (atMs) => {
    // Clocks change at full quarters of an hour.
    const key = Math.floor(atMs / 900_000);
    const before = known.get(key);
    if (before !== undefined) return before;
    const text = format.formatToParts(atMs).find(({ type }) => type === "timeZoneName")?.value ?? "";
    const [, sign, hours, minutes] = /^GMT(?:([+-])(\d\d):(\d\d))?$/.exec(text) ?? [];
    const ms = (Number(hours ?? 0) * 60 + Number(minutes ?? 0)) * 60_000;
    const offset = sign === "-" ? -ms : ms;
    known.set(key, offset);
    return offset;
  };
}

const HELSINKI = zone("Europe/Helsinki");
const at = (text: string) => parseTimeOfDay(text) ?? Number.NaN;
const next = (times: string[], after: string, offset = HELSINKI) =>
  new Date(nextTimeOfDay(times.map(at), Date.parse(after), offset)).toISOString();

describe("a time of day", () => {
  test("comes today if it is still to come, else tomorrow", () => {
    expect(next(["04:00"], "2026-01-10T01:59:59Z")).toBe("2026-01-10T02:00:00.000Z");
    expect(next(["04:00"], "2026-01-10T02:00:00Z")).toBe("2026-01-11T02:00:00.000Z");
  });

  test("of several the first one counts", () => {
    expect(next(["22:00", "04:00"], "2026-01-10T12:00:00Z")).toBe("2026-01-10T20:00:00.000Z");
  });

  test("keeps to the clock on the wall when summer time begins", () => {
    expect(next(["05:00"], "2026-03-28T12:00:00Z")).toBe("2026-03-29T02:00:00.000Z");
    expect(next(["05:00"], "2026-03-27T12:00:00Z")).toBe("2026-03-28T03:00:00.000Z");
  });

  test("that summer time leaves out comes all the same, an hour later", () => {
    expect(next(["03:30"], "2026-03-28T12:00:00Z")).toBe("2026-03-29T01:30:00.000Z");
  });

  test("that comes twice when summer time ends counts once", () => {
    expect(next(["03:30"], "2026-10-24T12:00:00Z")).toBe("2026-10-25T00:30:00.000Z");
    expect(next(["03:30"], "2026-10-25T00:30:00Z")).toBe("2026-10-26T01:30:00.000Z");
  });

  test.each(["Europe/Helsinki", "America/New_York", "Australia/Lord_Howe", "Africa/Casablanca", "UTC"])(
    "comes once on each day of two years in %s",
    (name) => {
      const offset = zone(name);
      for (const minute of [0, 1, 90, 150, 210, 1439]) {
        let nowMs = Date.parse("2026-01-01T12:00:00Z");
        let day: number | undefined;
        while (nowMs < Date.parse("2028-01-01T12:00:00Z")) {
          const dueMs = nextTimeOfDay([minute], nowMs, offset);
          expect(dueMs).toBeGreaterThan(nowMs);
          const dueDay = Math.floor((dueMs + offset(dueMs)) / DAY);
          if (day !== undefined) expect(dueDay).toBe(day + 1);
          [nowMs, day] = [dueMs, dueDay];
        }
      }
    },
    30_000,
  );
});

describe("every so often", () => {
  const every = { type: "every", everyMs: 6 * HOUR } as const;
  const due = (nowMs: number, lastMs?: number) => nextBuildMs(every, nowMs, lastMs, HELSINKI);

  test("is now for what was never built, and counted from the last build else", () => {
    expect(due(1_000_000)).toBe(1_000_000);
    expect(due(1_000_000, 900_000)).toBe(900_000 + 6 * HOUR);
  });

  test("is never further away than it says, wherever the clock was set", () => {
    fc.assert(
      fc.property(fc.nat(), fc.nat(), (nowMs, lastMs) => {
        expect(due(nowMs, lastMs)).toBeLessThanOrEqual(nowMs + 6 * HOUR);
      }),
    );
  });
});

test("times and durations are read as people write them", () => {
  expect(["04:00", "4:05", "23:59", "24:00", "4", "04:60"].map(parseTimeOfDay)).toEqual([
    ...[240, 245, 1439],
    ...[undefined, undefined, undefined],
  ]);
  expect(["5m", "6h", "1d", "4w", "6 h", "4m", "5w", "6", "h"].map(parseDuration)).toEqual([
    ...[300_000, 6 * HOUR, DAY, 28 * DAY, 6 * HOUR],
    ...[undefined, undefined, undefined, undefined],
  ]);
});
