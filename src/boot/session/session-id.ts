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

export function isSessionId(text: string): boolean {
  return /^[0-9a-z]{9}-[0-9a-z]{6}$/.test(text);
}
