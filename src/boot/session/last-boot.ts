/** The noun `last boot`: of a host's many sessions the one that says how it is now, in short. */

import type { Diagnosis } from "../diagnosis/diagnosis.ts";
import type { CheckIn } from "./check-in.ts";
import { fetchedAfterMs } from "./medians.ts";
import type { Session, SessionStage } from "./session.ts";
import { hasComeOn, standingOf } from "./standing.ts";

/** A session without its stages. */
export interface LastBoot
  extends Pick<Session, "id" | "mac" | "outcome" | "startMs" | "lastMs" | "address" | "generation"> {
  /** What it went through last. */
  readonly stage?: SessionStage;
  /** From the first packet until everything was fetched; absent while it was not. */
  readonly fetchedAfterMs?: number;
  readonly checkIn?: CheckIn;
  /** The most particular thing that is wrong with it. */
  readonly diagnosis?: Pick<Diagnosis, "code" | "what">;
}

/** A session in short. */
export function lastBootOf(session: Session): LastBoot {
  const { id, mac, outcome, startMs, lastMs, address, generation, checkIn } = session;
  const { stage } = standingOf(session);
  const fetchedMs = outcome === "under-way" ? undefined : fetchedAfterMs(session);
  return {
    ...{ id, mac, outcome, startMs, lastMs },
    ...(stage === undefined ? {} : { stage }),
    ...(address === undefined ? {} : { address }),
    ...(generation === undefined ? {} : { generation }),
    ...(checkIn === undefined ? {} : { checkIn }),
    ...(fetchedMs === undefined ? {} : { fetchedAfterMs: fetchedMs }),
  };
}

/**
 * What is known of a host when a session of it is told.
 *
 * @param before - what was known; of an older session than it nothing new is learnt
 */
export function withSession(before: LastBoot | undefined, session: Session): LastBoot {
  if (before !== undefined && before.id > session.id) return before;
  const boot = lastBootOf(session);
  // What kept it where it stood is over when it has come on.
  const stands = before?.id === session.id && !hasComeOn(before, boot);
  return { ...boot, ...(stands && before.diagnosis !== undefined ? { diagnosis: before.diagnosis } : {}) };
}

/** The same when it was found out what is wrong with a session. */
export function withDiagnosis(
  before: LastBoot | undefined,
  session: Session["id"],
  { code, what }: Diagnosis,
): LastBoot | undefined {
  return before?.id === session ? { ...before, diagnosis: { code, what } } : before;
}
