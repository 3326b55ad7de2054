/** When a machine's session begins, when another one takes its place, and how that one ends. */

import type { Mac } from "../../wire/net/mac.ts";
import type { Generation, GenerationId } from "../generation.ts";
import {
  hasReached,
  isFetching,
  type LiveSession,
  type Phase,
  type SessionEvent,
  type SessionResult,
  tell,
  withFacts,
} from "./live-session.ts";
import type { Session, SessionId } from "./session.ts";

/** What the steps need of the world. */
export interface SessionMeans {
  /** A name that no session has, for one that begins now. */
  newId(atMs: number): SessionId;
  generation(id: GenerationId): Generation | undefined;
}

/** Firmware asks again after half a minute at the most, and a held machine after ten seconds. */
const QUIET_MS = 120_000;
/** iPXE that has its script fetches at once; so long after that it was switched off in between. */
const SCRIPT_QUIET_MS = 20_000;

export function begin(
  mac: Mac,
  phase: Phase,
  atMs: number,
  { newId }: SessionMeans,
  via: Session["via"] = "netboot",
): LiveSession {
  const times = { startMs: atMs, lastMs: atMs };
  const session = {
    id: newId(atMs),
    mac,
    via,
    ...times,
    scripts: 0,
    steps: [],
    outcome: "under-way",
  } as const;
  return { session, phase, wanted: [] };
}

/**
 * Whether a DHCP request or a fetched file is the first one after the machine was switched on anew.
 *
 * Firmware that waits repeats itself, and iPXE asks for an address of its own: both are the same boot.
 * Firmware that asks where something later has run before is another one.
 *
 * @param at - where in a boot a machine is that does so
 */
export function isAnew(live: LiveSession, at: Phase, atMs: number): boolean {
  if (live.session.outcome === "failed") return true;
  const quietMs = isFetching(live) ? 0 : atMs - live.session.lastMs;
  if (hasReached(live, at) && quietMs >= QUIET_MS) return true;
  if (at === "pi-firmware") return hasReached(live, "firmware");
  if (at === "firmware") return hasReached(live, "program");
  if (hasReached(live, "files")) return true;
  return hasReached(live, "script") && quietMs >= SCRIPT_QUIET_MS;
}

/** Ends what was under way, because something else begins; the rest has its outcome. */
export function supersede(live: LiveSession | undefined, atMs: number): readonly SessionEvent[] {
  if (live === undefined || live.session.outcome !== "under-way") return [];
  return tell(live, fail(live, atMs, undefined));
}

/** The session as one that did not get to its end. @param note - why, for what was still being fetched */
export function fail(live: LiveSession, atMs: number, note: string | undefined): LiveSession {
  return {
    ...live,
    session: {
      ...closed(live.session, note),
      outcome: "failed",
      lastMs: Math.max(live.session.lastMs, atMs),
    },
  };
}

/** What was being fetched has come to nothing. */
export function closed(session: Session, note: string | undefined): Session {
  const steps = session.steps.map((step) =>
    step.endMs === undefined
      ? {
          ...step,
          endMs: session.lastMs,
          result: "aborted" as const,
          ...(note === undefined ? {} : { note }),
        }
      : step,
  );
  return { ...session, steps };
}

/** How long nothing may be heard of a machine, in milliseconds. */
export interface SessionLimits {
  /** Before a boot under way has failed. */
  readonly failAfterMs: number;
  /** Before one that has its outcome is not followed any more. */
  readonly retireAfterMs: number;
}

/** A transfer that nobody said the end of is none. */
const MAX_TRANSFER_MS = 24 * 3_600_000;

/** Time passes. @returns no session where it is not to be followed any more */
export function sessionTick(live: LiveSession, atMs: number, limits: SessionLimits): SessionResult {
  const { session } = live;
  const quietMs = atMs - session.lastMs;
  if (session.outcome !== "under-way") return [quietMs >= limits.retireAfterMs ? undefined : live, []];
  if (quietMs < (isFetching(live) ? MAX_TRANSFER_MS : limits.failAfterMs)) return [live, []];
  // When it was seen last says more than when somebody looked.
  const after = isBootedAnyway(live)
    ? {
        ...live,
        phase: "over" as const,
        session: { ...closed(session, undefined), outcome: "handed-over" as const },
      }
    : fail(live, session.lastMs, undefined);
  return [after, tell(live, after)];
}

/**
 * An image of which a boot reads as much as it needs, or that nobody knows the files of: when it
 * has fetched something, and nothing went wrong with it, it is taken to run.
 */
function isBootedAnyway({ session, wanted }: LiveSession): boolean {
  const fetched = session.steps.filter(
    ({ stage }) => stage === "kernel" || stage === "initrd" || stage === "image",
  );
  const isPartial = wanted.length === 0 || wanted.some(({ file }) => file.endsWith(".iso"));
  return isPartial && fetched.length > 0 && fetched.at(-1)?.result === "complete";
}

/** Why a transfer ended with which the server ended. */
export const SERVER_STOPPED = "the server was stopped";

/** A session of an earlier run of the server, to be followed again: what was being sent then has ended. */
export function resume(live: LiveSession): LiveSession {
  return { ...live, session: closed(live.session, SERVER_STOPPED) };
}

/** All that the machine has to fetch has arrived, or the system itself was heard. */
export function handOver(live: LiveSession, atMs: number): LiveSession {
  const over: LiveSession = { ...live, phase: "over" };
  return over.session.outcome === "under-way" ? withFacts(over, { outcome: "handed-over" }, atMs) : over;
}
