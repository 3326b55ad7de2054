/** What becomes of a message after it was sent: it has arrived, is sent again, or is given up. Pure. */

/** What came back. */
export type Answer =
  | {
      readonly type: "status";
      readonly status: number;
      /** How long it asks to be left alone, in milliseconds. @see RFC 9110 §10.2.3 */
      readonly retryAfterMs?: number;
      /** The beginning of the body. */
      readonly text: string;
    }
  /** Nothing did, or it could not even be sent. */
  | { readonly type: "error"; readonly reason: string };

export type Outcome =
  | { readonly type: "delivered" }
  | { readonly type: "again"; readonly atMs: number; readonly reason: string }
  | { readonly type: "given-up"; readonly reason: string };

const FIRST_MS = 5_000;
const LONGEST_MS = 15 * 60_000;
const MOST_AFTER_MS = 3_600_000;
/** A night without a network; what is older than that nobody wants to be woken by. */
export const GIVE_UP_MS = 24 * 3_600_000;

/**
 * @param tries - how often it was sent, this time too
 * @param firstMs - when it was made, in milliseconds since the epoch
 */
export function afterAnswer(
  answer: Answer,
  { tries, firstMs }: { readonly tries: number; readonly firstMs: number },
  nowMs: number,
): Outcome {
  if (answer.type === "status" && answer.status >= 200 && answer.status < 300) return { type: "delivered" };
  const reason = describeAnswer(answer);
  if (answer.type === "status" && !isPassing(answer.status)) return { type: "given-up", reason };
  const waitMs = Math.min(FIRST_MS * 3 ** (tries - 1), LONGEST_MS);
  const wishMs = answer.type === "status" ? Math.min(answer.retryAfterMs ?? 0, MOST_AFTER_MS) : 0;
  const atMs = nowMs + Math.max(waitMs, wishMs);
  return atMs - firstMs > GIVE_UP_MS ? { type: "given-up", reason } : { type: "again", atMs, reason };
}

/** Whether the same may be taken later. */
function isPassing(status: number): boolean {
  return status >= 500 || status === 429 || status === 408;
}

/** In words, with what the other side said. */
export function describeAnswer(answer: Answer): string {
  if (answer.type === "error") return answer.reason;
  const said = answer.text.replaceAll(/[\p{Cc}\s]+/gu, " ").trim();
  const redirected = answer.status >= 300 && answer.status < 400;
  const why = redirected ? " (a redirection, which is not followed: give the address that it leads to)" : "";
  return `status ${answer.status}${why}${said === "" ? "" : `: ${said}`}`;
}
