/** Whether an alert is told again: at most once an hour for each machine and cause. Pure. */

import type { Alert } from "./alert.ts";

/** What is remembered of an alert that was told. */
export interface Told {
  readonly atMs: number;
  /** Its end was not told yet. */
  readonly isOpen: boolean;
}

const AGAIN_MS = 3_600_000;
/** A neighbour's machine that looks for a boot server each time it is switched on. */
const UNKNOWN_AGAIN_MS = 24 * AGAIN_MS;

/**
 * - `tell`: it is news
 * - `hold`: it is told then, if it is not over by that time
 * - `drop`: it was told
 */
export type RepeatVerdict =
  | { readonly type: "tell" }
  | { readonly type: "hold"; readonly dueMs: number }
  | { readonly type: "drop" };

/** @param told - what was told with the key of this alert */
export function judgeRepeat(alert: Alert, told: Told | undefined): RepeatVerdict {
  if (alert.isOver === true) return { type: told?.isOpen === true ? "tell" : "drop" };
  if (told === undefined) return { type: "tell" };
  if (alert.lasts === true && told.isOpen) return { type: "drop" };
  const dueMs = told.atMs + (alert.kind === "unknown-machine" ? UNKNOWN_AGAIN_MS : AGAIN_MS);
  if (alert.atMs >= dueMs) return { type: "tell" };
  // Nobody will say it again: what lasts is said once.
  return alert.lasts === true ? { type: "hold", dueMs } : { type: "drop" };
}

export function toldOf(alert: Alert): Told {
  return { atMs: alert.atMs, isOpen: alert.lasts === true };
}
