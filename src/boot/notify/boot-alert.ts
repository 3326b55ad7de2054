/** How a boot went, where that is worth a message. Pure. */

import type { Diagnosis, DiagnosisCode } from "../diagnosis/diagnosis.ts";
import type { Session } from "../session/session.ts";
import type { Alert } from "./alert.ts";

/** So long a machine that stands still may yet get on by itself: another form of its offer, another program. */
export const STANDS_STILL_MS = 3 * 60_000;

/** The system runs; it is not as its builder wanted it. */
const NOT_WELL: ReadonlySet<DiagnosisCode> = new Set(["not-well", "clock-wrong"]);

/**
 * The alert that a boot is: one that has failed, got nothing, or is up and not well; or one of which a
 * diagnosis says that nobody should wait for it.
 *
 * @param diagnosis - the most particular one; absent: nothing is known
 * @returns `undefined` where all is well, and for a machine without a host, which is an unknown one
 */
export function bootAlert(
  session: Session,
  diagnosis: Diagnosis | undefined,
  atMs: number,
): Alert | undefined {
  const { mac, host, id, generation, outcome } = session;
  if (host === undefined) return undefined;
  const hasFailed = outcome === "failed" || outcome === "turned-away";
  if (!hasFailed && diagnosis === undefined) return undefined;
  const kind = diagnosis !== undefined && NOT_WELL.has(diagnosis.code) ? "not-well" : "boot-failed";
  const text = diagnosis?.what ?? UNEXPLAINED[outcome === "turned-away" ? outcome : "failed"];
  return {
    ...{ kind, key: `${kind} ${mac} ${diagnosis?.code ?? outcome}`, atMs, subject: host, text },
    ...{ hosts: [host], mac, boot: id },
    ...(diagnosis === undefined ? {} : { cause: diagnosis.code, cure: diagnosis.cure }),
    ...(generation === undefined ? {} : { generation }),
  };
}

const UNEXPLAINED = {
  failed: "it stopped before it had everything, or began anew",
  "turned-away": "it asked, and there is nothing for it",
} as const;

/**
 * What becomes of the alert of a boot that stood still when it was diagnosed.
 *
 * @param diagnosedMs - when that was
 * @param session - as it is now; absent: it is not followed any more
 */
export function standsStill(
  diagnosedMs: number,
  session: Session | undefined,
  nowMs: number,
): "tell" | "wait" | "drop" {
  if (session === undefined || session.outcome !== "under-way") return "drop";
  const last = session.steps.at(-1);
  const sinceMs = Math.max(diagnosedMs, last?.startMs ?? diagnosedMs);
  // Whatever is being sent to it now may well arrive.
  if (last !== undefined && last.endMs === undefined) return "wait";
  return nowMs - sinceMs >= STANDS_STILL_MS ? "tell" : "wait";
}
