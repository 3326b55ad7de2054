/**
 * What it means for the boots that are followed when the wall clock is set, by NTP or by hand: their times are
 * moved along with it, so that no silence is longer or shorter than it was. Pure.
 */

import type { LiveSession } from "./live-session.ts";
import type { Session, SessionStep } from "./session.ts";

/** Clocks that are read one after the other differ by less. */
export const LEAST_STEP_MS = 500;

/** How the two clocks stand to each other, of one moment. */
export interface ClockReading {
  /** Milliseconds since the epoch, as people have it. */
  readonly wallMs: number;
  /** Milliseconds of a clock that only goes forward. */
  readonly steadyMs: number;
}

/** By how many milliseconds the wall clock was set between the two; 0 where it went on as the other did. */
export function clockStep(before: ClockReading, after: ClockReading): number {
  const stepMs = after.wallMs - before.wallMs - (after.steadyMs - before.steadyMs);
  return Math.abs(stepMs) < LEAST_STEP_MS ? 0 : Math.round(stepMs);
}

/** The same boot by a clock that was set by so many milliseconds. */
export function movedBy(live: LiveSession, byMs: number): LiveSession {
  if (byMs === 0) return live;
  const { session } = live;
  const { checkIn, console } = session;
  const moved: Session = {
    ...session,
    startMs: session.startMs + byMs,
    lastMs: session.lastMs + byMs,
    steps: session.steps.map((step) => movedStep(step, byMs)),
    ...(checkIn === undefined ? {} : { checkIn: { ...checkIn, atMs: checkIn.atMs + byMs } }),
    ...(console === undefined
      ? {}
      : { console: console.map((line) => ({ ...line, atMs: line.atMs + byMs })) }),
  };
  return { ...live, session: moved };
}

function movedStep(step: SessionStep, byMs: number): SessionStep {
  const { startMs, endMs } = step;
  return { ...step, startMs: startMs + byMs, ...(endMs === undefined ? {} : { endMs: endMs + byMs }) };
}
