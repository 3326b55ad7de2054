/** What becomes of spans that were sent: taken, to be sent again later, or lost. Pure. @see OTLP 1.x, "OTLP/HTTP Response" */

import { decodeTraceResponse } from "../../wire/otlp/trace-response.ts";

/** How a receiver answered, or that it did not. */
export type Reply =
  | {
      readonly type: "answer";
      readonly status: number;
      readonly body: string;
      /** The header `Retry-After`, as it was written. */
      readonly retryAfter?: string;
    }
  /** Nobody answered; in whose words that is. */
  | { readonly type: "none"; readonly reason: string };

export type Delivery =
  | { readonly type: "taken" }
  /** Some of it, or none, and sending it again would not help. */
  | { readonly type: "lost"; readonly reason: string; readonly cure?: string }
  /** @property afterMs - what the receiver wishes; absent: the sender's own patience */
  | { readonly type: "again"; readonly reason: string; readonly afterMs?: number };

/** Too many requests, and what a proxy says while nobody is behind it. */
const PASSING: ReadonlySet<number> = new Set([429, 502, 503, 504]);
const MAX_WISH_MS = 5 * 60_000;

export function judgeReply(reply: Reply): Delivery {
  if (reply.type === "none") return { type: "again", reason: reply.reason };
  const { status, body, retryAfter } = reply;
  const { rejectedSpans, message } = decodeTraceResponse(body);
  const words = message === "" ? "" : `: ${clip(message)}`;
  if (status >= 200 && status < 300) {
    if (rejectedSpans === 0) return { type: "taken" };
    return { type: "lost", reason: `${rejectedSpans} spans were not taken${words}` };
  }
  const reason = `it answers ${status}${words}`;
  if (!PASSING.has(status)) return { type: "lost", reason, ...cureOf(status) };
  const seconds = /^\d{1,6}$/.test(retryAfter ?? "") ? Number(retryAfter) : undefined;
  return {
    ...{ type: "again", reason },
    ...(seconds === undefined ? {} : { afterMs: Math.min(seconds * 1000, MAX_WISH_MS) }),
  };
}

function cureOf(status: number): { readonly cure?: string } {
  switch (status) {
    case 401:
    case 403:
      return { cure: "give what it wants in 'traces: { headers: { authorization: … } }'" };
    case 404:
    case 405:
      return { cure: "'endpoint' is the address below which it has /v1/traces, on port 4318 as a rule" };
    case 413:
    case 415:
      return { cure: "it has to take OTLP over HTTP as JSON, as an OpenTelemetry collector does" };
    default:
      return {};
  }
}

const MAX_WORDS = 200;

function clip(text: string): string {
  return text.length <= MAX_WORDS ? text : `${text.slice(0, MAX_WORDS - 1)}…`;
}

const FIRST_WAIT_MS = 1000;
const MAX_WAIT_MS = 60_000;

/**
 * How long the next try waits: twice as long each time, up to a minute, and never all senders together.
 *
 * @param tries - how many were in vain, at least 1
 * @param random - at least 0, below 1
 */
export function waitMs(tries: number, random: number): number {
  const most = Math.min(FIRST_WAIT_MS * 2 ** (tries - 1), MAX_WAIT_MS);
  return Math.round(most * (0.5 + random / 2));
}
