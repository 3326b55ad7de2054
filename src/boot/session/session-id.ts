/** Names of sessions, which sort by the time at which they began. */

import type { SessionId } from "./session.ts";

const TIME_DIGITS = 9;
const RANDOM_DIGITS = 6;

/** @param random - at least 0, below 1 */
export function makeSessionId(atMs: number, random: number): SessionId {
  const tail = Math.floor(random * 36 ** RANDOM_DIGITS);
  return `${firstIdAt(atMs)}${tail.toString(36).padStart(RANDOM_DIGITS, "0")}`;
}

/** Sorts before every session that began at this time or later, and behind all that began earlier. */
export function firstIdAt(atMs: number): string {
  return `${Math.max(0, Math.floor(atMs)).toString(36).padStart(TIME_DIGITS, "0")}-`;
}

/** When the session began that has this name, in milliseconds since the epoch. */
export function timeOfId(id: SessionId): number {
  return Number.parseInt(id.slice(0, TIME_DIGITS), 36);
}

/** A clock that was wrong by more than this is not followed: sessions are forgotten by their names. */
const MAX_AHEAD_MS = 7 * 86_400_000;

/**
 * How far names have to be ahead of the wall clock, so that who begins later sorts later though it was set back.
 *
 * @param aheadMs - how far they were; 0 as long as the clock was never set back
 * @param setByMs - by how much it was set
 */
export function idsAheadBy(aheadMs: number, setByMs: number): number {
  const nextMs = Math.max(0, aheadMs - setByMs);
  return nextMs > MAX_AHEAD_MS ? 0 : nextMs;
}

export function isSessionId(text: string): boolean {
  return /^[0-9a-z]{9}-[0-9a-z]{6}$/.test(text);
}
