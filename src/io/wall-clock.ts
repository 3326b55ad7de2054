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
  const read = (): ClockReading => ({ wallMs: now(), steadyMs: steadyNow() });
  let before = read();
  return {
    now,
    steadyNow,
    setByMs() {
      const fromMs = steadyNow();
      const after = read();
      if (after.steadyMs - fromMs > MOMENT_MS) return 0;
      const stepMs = clockStep(before, after);
      if (stepMs !== 0) before = after;
      return stepMs;
    },
  };
}
