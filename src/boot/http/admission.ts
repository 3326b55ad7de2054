/** Whether one more machine may fetch an image now, or is told to come back: a boot storm in turns (quirk I10). */

export interface Load {
  /** Images that are being fetched. */
  readonly running: number;
  /** How many may be; absent: as many as ask. */
  readonly limit?: number;
  /** How many were told to come back so far. */
  readonly turnedAway: number;
}

/** Pauses are spread, so that those who were turned away together do not come back together. */
const PAUSES_SECONDS = [2, 3, 4, 5, 6] as const;

/**
 * Seconds after which to ask again; `undefined`: come in.
 *
 * Only iPXE is turned away, since it waits and asks again by itself. UEFI HTTP Boot would take a 503
 * for the end.
 *
 * @see RFC 9110 §10.2.3 (Retry-After)
 */
export function retryAfterSeconds(
  { running, limit, turnedAway }: Load,
  userAgent: string | undefined,
): number | undefined {
  if (limit === undefined || running < limit || userAgent?.startsWith("iPXE/") !== true) return undefined;
  return PAUSES_SECONDS[turnedAway % PAUSES_SECONDS.length];
}
