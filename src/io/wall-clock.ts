/** Notices when the wall clock is set, as happens to a machine without a battery clock once it has the time. */

import { type ClockReading, clockStep } from "../boot/session/clock-step.ts";

export interface WallClock {
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** Milliseconds of a clock that only goes forward. */
  readonly steadyNow: () => number;
  /** By how many milliseconds it was set since this was asked last; 0 where it was not. */
  setByMs(): number;
}

export interface WallClockOptions {
  readonly now?: (() => number) | undefined;
  /** Where only `now` is given, what it tells is time that has passed. */
  readonly steadyNow?: (() => number) | undefined;
}

/** Between the readings of one moment; where this process had to wait, they are of two. */
const MOMENT_MS = 50;

export function watchWallClock(options: WallClockOptions = {}): WallClock {
  const { now = Date.now, steadyNow = options.now ?? (() => performance.now()) } = options;
  /** @returns `undefined` where it was no moment */
  const read = (): ClockReading | undefined => {
    const fromMs = steadyNow();
    const reading = { wallMs: now(), steadyMs: steadyNow() };
    return reading.steadyMs - fromMs > MOMENT_MS ? undefined : reading;
  };
  let before = read();
  return {
    now,
    steadyNow,
    setByMs() {
      const after = read();
      if (after === undefined) return 0;
      const stepMs = before === undefined ? 0 : clockStep(before, after);
      if (before === undefined || stepMs !== 0) before = after;
      return stepMs;
    },
  };
}
