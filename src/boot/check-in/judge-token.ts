/** Whether a token counts, for the machine that sends it. Pure. */

import type { Claim } from "../../wire/check-in/claim.ts";
import type { Mac } from "../../wire/net/mac.ts";
import type { HostName } from "../host.ts";
import type { CheckInRefusal } from "./refusal.ts";

/** So long a token counts: a machine may stand in its memory test, or wait for a build, for long. */
export const TOKEN_MS = 24 * 60 * 60_000;

/** Who sends it, as far as the address tells. */
export interface Sender {
  readonly mac: Mac;
  /** The host that names it by its MAC address. */
  readonly host?: HostName;
  /** Whether it was given a boot of its own. */
  readonly boots: boolean;
}

export interface TokenQuestion {
  /** What the token says; absent: it is none of ours. */
  readonly claim: Claim | undefined;
  /** The host that the claim means, if there still is one. */
  readonly host: HostName | undefined;
  /** Absent where the address tells nobody, or several. */
  readonly sender: Sender | undefined;
  readonly isUsed: boolean;
  /** Milliseconds since the epoch. */
  readonly nowMs: number;
}

/** @returns why the token does not count; `undefined` if it does */
export function judgeToken({
  claim,
  host,
  sender,
  isUsed,
  nowMs,
}: TokenQuestion): CheckInRefusal | undefined {
  if (claim === undefined) return "token-wrong";
  if (sender !== undefined && isForeign(claim, host, sender)) return "token-foreign";
  if (isUsed) return "token-used";
  return nowMs - claim.issuedSeconds * 1000 > TOKEN_MS ? "token-expired" : undefined;
}

/**
 * Whether this certainly is another machine than the one that the token was given to.
 *
 * A machine boots by one network card and may report by another, whose MAC address nobody knows, or
 * which its host names too.
 */
function isForeign(claim: Claim, host: HostName | undefined, sender: Sender): boolean {
  if (sender.mac === claim.mac) return false;
  return sender.host === undefined ? sender.boots : sender.host !== host;
}
