/**
 * When builds are due by the clock. Pure: the clock and the local time come in as arguments.
 *
 * A time of day that a change to summer time leaves out counts as the moment after it; one that comes
 * twice counts the first time.
 */

/** When to build without being asked. */
export type BuildSchedule =
  /** So long after the last build of the host began, whoever wanted that. */
  | { readonly type: "every"; readonly everyMs: number }
  /** At these times of day, in minutes since local midnight, 0 to 1439; at least one. */
  | { readonly type: "at"; readonly minutes: readonly number[] };

/** How far local time is ahead of UTC at a moment, in milliseconds. */
export type LocalOffset = (atMs: number) => number;

const MS_PER_MINUTE = 60_000;
const MS_PER_DAY = 86_400_000;

/**
 * The next moment at which a host is to be built.
 *
 * @param lastMs - when its last build began; absent: it was never built
 * @returns milliseconds since the epoch; not after `nowMs` when it is due
 */
export function nextBuildMs(
  schedule: BuildSchedule,
  nowMs: number,
  lastMs: number | undefined,
  offsetMs: LocalOffset,
): number {
  if (schedule.type === "every") {
    // A clock that was set back must not put the next build off for longer than it should take.
    return lastMs === undefined ? nowMs : Math.min(lastMs, nowMs) + schedule.everyMs;
  }
  return nextTimeOfDay(schedule.minutes, nowMs, offsetMs);
}

/** The first of these times of day after `afterMs`. */
export function nextTimeOfDay(minutes: readonly number[], afterMs: number, offsetMs: LocalOffset): number {
  const today = Math.floor((afterMs + offsetMs(afterMs)) / MS_PER_DAY);
  // Yesterday's counts too: summer time may have begun at midnight, and put it off to today.
  const candidates = [-1, 0, 1, 2].flatMap((days) =>
    minutes.map((minute) => momentOf((today + days) * MS_PER_DAY + minute * MS_PER_MINUTE, offsetMs)),
  );
  return Math.min(...candidates.filter((atMs) => atMs > afterMs));
}

/** The moment at which clocks on the wall first show `wallMs`, or jump over it. */
function momentOf(wallMs: number, offsetMs: LocalOffset): number {
  // A change of the clocks lies between these two, if there is one near.
  const before = offsetMs(wallMs - offsetMs(wallMs) - MS_PER_DAY);
  const after = offsetMs(wallMs - offsetMs(wallMs) + MS_PER_DAY);
  const early = wallMs - before;
  if (offsetMs(early) === before) return early;
  const late = wallMs - after;
  // Neither: no clock ever shows it, and with the old offset it is that much later than the jump.
  return offsetMs(late) === after ? late : early;
}

/** Reads `04:00`; `undefined` if it is no time of day. */
export function parseTimeOfDay(text: string): number | undefined {
  const [, hours, minutes] = /^([01]?\d|2[0-3]):([0-5]\d)$/.exec(text.trim()) ?? [];
  return hours === undefined || minutes === undefined ? undefined : Number(hours) * 60 + Number(minutes);
}

const UNIT_MS: Readonly<Record<string, number>> = {
  m: MS_PER_MINUTE,
  h: 3_600_000,
  d: MS_PER_DAY,
  w: 7 * MS_PER_DAY,
};

/** Reads `90m`, `6h`, `1d`, `2w`; `undefined` if it is no duration of 5 minutes to 4 weeks. */
export function parseDuration(text: string): number | undefined {
  const [, count, unit = ""] = /^(\d{1,5}) ?([mhdw])$/.exec(text.trim()) ?? [];
  const ms = Number(count) * (UNIT_MS[unit] ?? 0);
  return ms >= 5 * MS_PER_MINUTE && ms <= 28 * MS_PER_DAY ? ms : undefined;
}
