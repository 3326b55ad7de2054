/** What it means for rollouts that the wall clock was set: no machine was waited for longer or shorter by it. */

import type { Draft } from "./draft.ts";
import type { Once, Trial } from "./rollout.ts";

/** @param byMs - by how much it was set */
export function moveClock(draft: Draft, byMs: number): void {
  const { trials, onces, reports } = draft.now;
  draft.now = {
    ...draft.now,
    trials: mapped(trials, (trial): Trial => ({ ...trial, sinceMs: trial.sinceMs + byMs })),
    onces: mapped(onces, ({ taken, ...once }): Once => {
      return taken === undefined ? once : { ...once, taken: { ...taken, atMs: taken.atMs + byMs } };
    }),
    reports: mapped(reports, (sinceMs) => sinceMs + byMs),
  };
}

function mapped<Key, Value>(map: ReadonlyMap<Key, Value>, change: (value: Value) => Value) {
  return new Map([...map].map(([key, value]) => [key, change(value)] as const));
}
