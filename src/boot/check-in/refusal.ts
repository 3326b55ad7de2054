/** Why a report is not taken: what is answered, what is told to whoever sent it, and what to the operator. */

import type { Description } from "../description.ts";
import type { BootEvent } from "../event.ts";

/** Stable; each is explained in docs/errors.md. */
export type CheckInRefusal =
  | "token-wrong" // not one that this server made
  | "token-foreign" // another machine sends it than it was given to
  | "token-used" // its boot has checked in
  | "token-expired" // it is a day old, or nobody knows any more what it was for
  | "report-too-large"
  | "report-unreadable" // no form and no JSON, or something in it is not what it should be
  | "report-cut-off" // it did not arrive whole in time
  | "report-unkept"; // it could not be written to the disk, so it does not count

interface Answer {
  readonly status: 400 | 403 | 408 | 409 | 410 | 413 | 503;
  /** For who sent it, in one line. */
  readonly sentence: string;
}

const ANSWERS: Readonly<Record<CheckInRefusal, Answer>> = {
  "token-wrong": { status: 403, sentence: "this server did not make this token" },
  "token-foreign": { status: 403, sentence: "this token was given to another machine" },
  "token-used": { status: 409, sentence: "this boot has checked in already" },
  "token-expired": { status: 410, sentence: "this token does not count any more: it is that of an old boot" },
  "report-too-large": { status: 413, sentence: "a report has 65536 bytes at most" },
  "report-unreadable": {
    status: 400,
    sentence:
      "a report is a form or JSON with system, kernel, uptime, failedUnits, missingMounts, missingFiles",
  },
  "report-cut-off": { status: 408, sentence: "the report did not arrive whole in time" },
  "report-unkept": {
    status: 503,
    sentence: "the report cannot be kept now, so it does not count; try again",
  },
};

/** How many bytes of a report are read. */
export const MAX_REPORT_BYTES = 65_536;

/** What is answered to who sent it. */
export function answerToCheckIn(refusal: CheckInRefusal): { readonly status: number; readonly text: string } {
  const { status, sentence } = ANSWERS[refusal];
  return { status, text: `${refusal}: ${sentence}` };
}

/** One line for the log. A second report of the same boot is one whose answer was lost. */
export function describeCheckInRefusal(event: Extract<BootEvent, { type: "check-in-refused" }>): Description {
  const { peer, reason, host, mac } = event;
  const who = host ?? mac;
  const from = who === undefined ? peer.address : `${peer.address} (${who})`;
  return {
    level: reason === "token-used" ? "info" : "warn",
    text: `a check-in from ${from} is refused: ${ANSWERS[reason].sentence} (${reason})`,
    repeats: `check-in ${peer.address} ${reason}`,
  };
}

/** A path as it may be told: a token is for the machine that it was given to alone. */
export function withoutToken(path: string): string {
  const plain = path.replace(/%([0-9a-f]{2})/gi, (_all, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  );
  return /(^|\/)checkin\/+[^/]/i.test(plain) ? "/checkin/…" : path;
}
