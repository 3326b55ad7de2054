/** A session with what its next event is judged by: how far the machine has come, and what it still has to fetch. */

import type { BootEvent } from "../event.ts";
import type { WantedFile } from "./boot-files.ts";
import type { Session, SessionStage, SessionStep } from "./session.ts";

/**
 * How far a machine has come; it only goes forwards within one boot.
 *
 * - `pi-firmware`: the EEPROM of a Raspberry Pi asks and fetches
 * - `firmware`: BIOS, UEFI or U-Boot asks
 * - `program`: it has the boot program
 * - `ipxe`: iPXE asks
 * - `script`: it has the script of a boot
 * - `files`: it fetches what the script names
 * - `over`: it has everything, or has said something as the system that was booted
 */
export type Phase = (typeof PHASES)[number];

export const PHASES = ["pi-firmware", "firmware", "program", "ipxe", "script", "files", "over"] as const;

export interface LiveSession {
  readonly session: Session;
  readonly phase: Phase;
  /** What every boot of its generation fetches; empty where that is not known. */
  readonly wanted: readonly WantedFile[];
}

export type SessionEvent = Extract<BootEvent, { type: "session" }>;

/** What became of one machine's session, and what is to be told of it. */
export type SessionResult = readonly [LiveSession | undefined, readonly SessionEvent[]];

/** Whether `phase` is that far, or further. */
export function hasReached({ phase }: LiveSession, wanted: Phase): boolean {
  return PHASES.indexOf(phase) >= PHASES.indexOf(wanted);
}

/** The session at least that far. */
export function reach(live: LiveSession, phase: Phase): LiveSession {
  return hasReached(live, phase) ? live : { ...live, phase };
}

/** The session with other values, seen at this time. */
export function withFacts(live: LiveSession, facts: Partial<Session>, atMs: number): LiveSession {
  const { session } = live;
  return { ...live, session: { ...session, ...facts, lastMs: Math.max(session.lastMs, atMs) } };
}

/** More steps than an ordinary boot has three times over; of a boot that goes round and round the middle is let go. */
export const MAX_STEPS = 64;
const KEPT_FIRST = 32;

export function addStep(live: LiveSession, step: SessionStep): LiveSession {
  const { steps } = live.session;
  const room = steps.length < MAX_STEPS ? steps : steps.toSpliced(KEPT_FIRST, 1);
  return withFacts(live, { steps: [...room, step] }, step.endMs ?? step.startMs);
}

/** Replaces one step; the index is one of `steps`. */
export function replaceStep(live: LiveSession, index: number, step: SessionStep, atMs: number): LiveSession {
  return withFacts(live, { steps: live.session.steps.with(index, step) }, atMs);
}

/** Lets the last step last until now, where it is of this stage and was of this note; else begins one that is over at once. */
export function extendLast(
  live: LiveSession,
  stage: SessionStage,
  atMs: number,
  note: string | undefined,
  waitedSeconds?: number,
): LiveSession {
  const { steps } = live.session;
  const last = steps.at(-1);
  if (last?.stage === stage && last.note === note && last.endMs !== undefined) {
    const again = { ...last, endMs: Math.max(last.endMs, atMs), times: (last.times ?? 1) + 1 };
    return replaceStep(live, steps.length - 1, again, atMs);
  }
  const waited = waitedSeconds === undefined || waitedSeconds === 0 ? {} : { waitedSeconds };
  return addStep(live, {
    ...{ stage, startMs: atMs, endMs: atMs },
    ...(note === undefined ? {} : { note }),
    ...waited,
  });
}

/** Whether something is being sent to the machine. */
export function isFetching({ session }: LiveSession): boolean {
  return session.steps.some(({ endMs }) => endMs === undefined);
}

/** What an observer is told of the difference; nothing where only a time moved on. */
export function tell(before: LiveSession | undefined, after: LiveSession): readonly SessionEvent[] {
  const { session } = after;
  if (before?.session.id !== session.id) {
    const began: SessionEvent = { type: "session", change: "began", session };
    return session.outcome === "under-way" ? [began] : [began, { ...began, change: "ended" }];
  }
  if (before.session.outcome !== session.outcome)
    return [{ type: "session", change: session.outcome === "under-way" ? "moved" : "ended", session }];
  return isNews(before.session, session) ? [{ type: "session", change: "moved", session }] : [];
}

const TELLING = ["host", "address", "otherServers", "generation", "bootId", "scripts", "checkIn"] as const;

function isNews(before: Session, after: Session): boolean {
  if (before.steps.length !== after.steps.length) return true;
  if (TELLING.some((key) => before[key] !== after[key])) return true;
  return after.steps.some((step, index) => isStepNews(before.steps[index], step));
}

function isStepNews(before: SessionStep | undefined, after: SessionStep): boolean {
  if (before === after) return false;
  if (before === undefined || (before.endMs === undefined) !== (after.endMs === undefined)) return true;
  return (["startMs", "stage", "result", "sentBytes", "files", "note"] as const).some(
    (key) => before[key] !== after[key],
  );
}
