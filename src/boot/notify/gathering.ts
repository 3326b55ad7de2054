/**
 * Joins what happens at once: two hundred machines that fail are one message.
 *
 * The first alert of a kind waits for others for ten seconds. While messages of that kind go on coming, the
 * next one waits longer, up to a quarter of an hour.
 */

import type { Alert, AlertKind } from "./alert.ts";

export interface Gathering {
  /** At most {@link MAX_GATHERED}. */
  readonly alerts: readonly Alert[];
  /** Those that there was no room for. */
  readonly more: number;
  /** When they are told; absent: there are none. */
  readonly dueMs?: number;
  /** When the last ones were told, and how long they had been waited for. */
  readonly last?: { readonly atMs: number; readonly waitedMs: number };
}

/** What is to be one message. */
export interface Batch {
  readonly kind: AlertKind;
  /** At least one. */
  readonly alerts: readonly Alert[];
  readonly more: number;
}

export const NOTHING_GATHERED: Gathering = { alerts: [], more: 0 };

/** How long the first one waits. */
export const GATHER_MS = 10_000;
const MAX_WAIT_MS = 15 * 60_000;
export const MAX_GATHERED = 500;

/** Adds an alert. One that says that another one of these is over takes it away, and itself too. */
export function gather(before: Gathering, alert: Alert): Gathering {
  if (alert.isOver === true) {
    const others = before.alerts.filter(({ key, isOver }) => key !== alert.key || isOver === true);
    if (others.length < before.alerts.length) return withAlerts(before, others);
  }
  // Of one machine the last word counts.
  const others = before.alerts.filter((each) => !isSameThing(each, alert));
  const dueMs = before.dueMs ?? alert.atMs + waitMs(before, alert.atMs);
  if (others.length >= MAX_GATHERED) return { ...before, more: before.more + 1 };
  return { ...before, alerts: [...others, alert], dueMs };
}

/** What is due, and what is left then. */
export function release(before: Gathering, kind: AlertKind, nowMs: number): readonly [Gathering, Batch?] {
  const { alerts, more, dueMs } = before;
  if (dueMs === undefined || dueMs > nowMs) return [before];
  const last = { atMs: nowMs, waitedMs: waitMs(before, alerts[0]?.atMs ?? nowMs) };
  return [
    { ...NOTHING_GATHERED, last },
    { kind, alerts, more },
  ];
}

function isSameThing(a: Alert, b: Alert): boolean {
  return a.mac === undefined ? a.key === b.key && a.isOver === b.isOver : a.mac === b.mac;
}

function waitMs({ last }: Gathering, atMs: number): number {
  if (last === undefined) return GATHER_MS;
  const longer = Math.min(2 * last.waitedMs, MAX_WAIT_MS);
  return atMs - last.atMs <= longer ? longer : GATHER_MS;
}

function withAlerts({ more, last }: Gathering, alerts: readonly Alert[]): Gathering {
  const [first] = alerts;
  const rest = last === undefined ? { alerts, more } : { alerts, more, last };
  return first === undefined ? rest : { ...rest, dueMs: first.atMs + waitMs(rest, first.atMs) };
}
