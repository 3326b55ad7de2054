/** What the report of a booted node tells of its boot, be that followed, over, or never heard of before. */

import type { BootEvent } from "../event.ts";
import { type LiveSession, type SessionResult, tell } from "./live-session.ts";
import type { Session } from "./session.ts";
import { begin, type SessionMeans } from "./session-begin.ts";

type CheckedIn = Extract<BootEvent, { type: "checked-in" }>;

export function checkInStep(live: LiveSession | undefined, event: CheckedIn, atMs: number): SessionResult {
  const session = live && takeCheckIn(live.session, event, atMs);
  if (live === undefined || session === undefined) return [live, []];
  const after: LiveSession = { ...live, phase: "over", session };
  return [after, tell(live, after)];
}

/** What was booted says that it is up. @returns `undefined` where it is another session's */
export function takeCheckIn(session: Session, event: CheckedIn, atMs: number): Session | undefined {
  const { bootId, mac, generation, checkIn } = event;
  const isOurs =
    session.bootId === undefined
      ? session.mac === mac && session.generation === generation
      : session.bootId === bootId;
  if (!isOurs) return undefined;
  const step = { stage: "check-in", startMs: atMs, endMs: atMs } as const;
  const steps = session.checkIn === undefined ? [...session.steps, step] : session.steps;
  return { ...session, steps, checkIn, outcome: "checked-in", lastMs: Math.max(session.lastMs, atMs) };
}

/**
 * The boot that a report is of, where nothing else is known of it: a server that was killed right after had
 * written down the report, and not yet what it had seen before.
 */
export function beginCheckedIn(event: CheckedIn, means: SessionMeans): LiveSession {
  const { mac, host, generation, bootId, checkIn } = event;
  const { atMs } = checkIn;
  const { session, ...live } = begin(mac, "over", atMs, means);
  const step = { stage: "check-in", startMs: atMs, endMs: atMs } as const;
  const facts = { generation, bootId, checkIn, steps: [step], outcome: "checked-in" } as const;
  return { ...live, session: { ...session, ...facts, ...(host === undefined ? {} : { host }) } };
}
