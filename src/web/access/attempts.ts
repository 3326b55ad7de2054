/**
 * Counts wrong tokens by address, so that whoever tries many is turned away and fills no log.
 *
 * A right token is let in all the same: nobody guesses 256 bits, and one script with an old token must not
 * lock out everybody behind its proxy.
 */

export interface Attempts {
  /** Takes down a wrong one. @returns for how many seconds no other is heard; 0: it still is */
  fail(address: string): number;
}

const LIMIT = 10;
const WINDOW_MS = 60_000;
/** Addresses remembered at most: a flood of them must not grow memory. */
const MAX_ADDRESSES = 10_000;

export function createAttempts(now: () => number = Date.now): Attempts {
  const failed = new Map<string, { count: number; readonly sinceMs: number }>();
  return {
    fail(address) {
      const known = failed.get(address);
      const isOld = known === undefined || now() - known.sinceMs >= WINDOW_MS;
      const entry = isOld ? { count: 0, sinceMs: now() } : known;
      entry.count++;
      failed.delete(address);
      if (failed.size >= MAX_ADDRESSES) failed.delete(failed.keys().next().value ?? "");
      failed.set(address, entry);
      return entry.count <= LIMIT ? 0 : Math.ceil((entry.sinceMs + WINDOW_MS - now()) / 1000);
    },
  };
}
