/** Which sessions somebody wants to see. */

import type { Mac } from "../../wire/net/mac.ts";
import type { HostName } from "../host.ts";
import type { Session, SessionId, SessionOutcome } from "./session.ts";

/** What is absent does not matter. */
export interface SessionFilter {
  readonly mac?: Mac;
  readonly host?: HostName;
  readonly outcome?: SessionOutcome;
  /** Those that began before this one. */
  readonly before?: SessionId;
  /** Those that began no earlier, as {@link import("./session-id.ts").firstIdAt} names a time. */
  readonly since?: string;
}

export function isWanted(session: Session, { mac, host, outcome, before, since }: SessionFilter): boolean {
  return (
    (mac === undefined || session.mac === mac) &&
    (host === undefined || session.host === host) &&
    (outcome === undefined || session.outcome === outcome) &&
    (before === undefined || session.id < before) &&
    (since === undefined || session.id >= since)
  );
}

/**
 * Whether a boot went on at some time since; what is under way does now, though nothing may have been heard of it
 * but the bytes of a long transfer.
 *
 * @param fromMs - since the epoch
 */
export function isSeenSince({ outcome, lastMs }: Session, fromMs: number): boolean {
  return outcome === "under-way" || lastMs >= fromMs;
}
