/**
 * When what lies at an image's place becomes what boots get, as a state machine without I/O.
 *
 * The shell looks at the place, tells what it saw, and carries the effects out. So every rule about
 * half-copied folders, dangling links and short absences is here and nowhere else:
 *
 * - what lies in a store is published as soon as it is complete, since it cannot change;
 * - any other folder must also have stayed the same for a while;
 * - what is broken changes nothing but the trouble that is told, once for each reason;
 * - an empty place is believed after a while, so that `rm` and `ln` make no gap.
 */

import type { Generation, GenerationId } from "./generation.ts";

/** What one look at an image's place saw. */
export type Look =
  | { readonly type: "absent" }
  /** `isSettled`: what lies there cannot get better by itself, as in a store. */
  | { readonly type: "broken"; readonly reason: string; readonly isSettled: boolean }
  /** `facts` are the same for two looks only if nothing changed between them. */
  | { readonly type: "complete"; readonly facts: string; readonly isImmutable: boolean };

export type PublishEvent =
  | { readonly type: "looked"; readonly look: Look }
  /** The files that were looked at are open and are still those of `facts`. */
  | { readonly type: "held"; readonly facts: string; readonly generation: Generation }
  /** They could not be opened, or changed under our hands. */
  | { readonly type: "lost"; readonly facts: string; readonly reason: string }
  | { readonly type: "woke" };

export type PublishEffect =
  /** Look again, now; answer with `looked`. */
  | { readonly type: "look" }
  /** Open the files and give them an id; answer with `held` or `lost`. */
  | { readonly type: "hold"; readonly facts: string }
  | { readonly type: "publish"; readonly generation: Generation }
  | { readonly type: "trouble"; readonly reason: string }
  | { readonly type: "withdraw" };

/** One image on its way. */
export interface Publishing {
  /** What boots get. */
  readonly current?: { readonly id: GenerationId; readonly facts: string };
  /** The trouble that was told and is not mended. */
  readonly trouble?: string;
  /** Seen, and not yet believed. */
  readonly doubt?: { readonly look: Look; readonly sinceMs: number };
  /** What is being opened. */
  readonly holding?: string;
  /** When to send `woke`. */
  readonly wakeAtMs?: number;
}

export interface PublishTimes {
  /** How long a folder outside a store must stay the same, in milliseconds. */
  readonly stillMs: number;
  /** How long a place must be empty, in milliseconds. */
  readonly graceMs: number;
}

export type PublishStep = readonly [Publishing, readonly PublishEffect[]];

/** An image that nothing is known of yet. */
export const UNSEEN: Publishing = {};

/**
 * Advances one image by one event.
 *
 * @param nowMs - of a clock that never goes back, in milliseconds
 */
export function publishStep(
  state: Publishing,
  event: PublishEvent,
  nowMs: number,
  times: PublishTimes,
): PublishStep {
  switch (event.type) {
    case "woke":
      return [without(state, "wakeAtMs"), [{ type: "look" }]];
    case "looked":
      return looked(state, event.look, nowMs, times);
    case "held":
      // Something else was seen meanwhile: the shell lets go of what it opened.
      if (event.facts !== state.holding) return [state, []];
      return publish(state, event.generation, event.facts);
    case "lost":
      if (event.facts !== state.holding) return [state, []];
      return tell(without(state, "holding"), event.reason);
  }
}

/** Whether an answer to `hold` is still wanted. */
export function isHolding(state: Publishing, facts: string): boolean {
  return state.holding === facts;
}

function looked(state: Publishing, look: Look, nowMs: number, times: PublishTimes): PublishStep {
  if (look.type === "complete" && look.facts === state.current?.facts) {
    return mended(settled(without(state, "holding")), look.facts);
  }
  const sinceMs = state.doubt !== undefined && isSame(state.doubt.look, look) ? state.doubt.sinceMs : nowMs;
  const believeAtMs = sinceMs + doubtMs(look, times);
  if (nowMs < believeAtMs) {
    const doubt = { look, sinceMs };
    return [{ ...without(state, "holding"), doubt, wakeAtMs: believeAtMs }, []];
  }
  return believe(settled(state), look);
}

function doubtMs(look: Look, times: PublishTimes): number {
  switch (look.type) {
    case "absent":
      return times.graceMs;
    case "broken":
      return look.isSettled ? 0 : times.stillMs;
    case "complete":
      return look.isImmutable ? 0 : times.stillMs;
  }
}

function believe(state: Publishing, look: Look): PublishStep {
  switch (look.type) {
    case "absent":
      return [UNSEEN, [{ type: "withdraw" }]];
    case "broken":
      return tell(without(state, "holding"), look.reason);
    case "complete":
      return state.holding === look.facts
        ? [state, []]
        : [{ ...state, holding: look.facts }, [{ type: "hold", facts: look.facts }]];
  }
}

function publish(state: Publishing, generation: Generation, facts: string): PublishStep {
  const isNews = generation.id !== state.current?.id || state.trouble !== undefined;
  const next = { ...without(without(state, "holding"), "trouble"), current: { id: generation.id, facts } };
  return [next, isNews ? [{ type: "publish", generation }] : []];
}

/** What is served lies there again: only told when trouble had been. */
function mended(state: Publishing, facts: string): PublishStep {
  if (state.trouble === undefined) return [state, []];
  return [{ ...state, holding: facts }, [{ type: "hold", facts }]];
}

function tell(state: Publishing, reason: string): PublishStep {
  if (state.trouble === reason) return [state, []];
  return [{ ...state, trouble: reason }, [{ type: "trouble", reason }]];
}

function settled(state: Publishing): Publishing {
  return without(without(state, "doubt"), "wakeAtMs");
}

function isSame(a: Look, b: Look): boolean {
  return key(a) === key(b);
}

function key(look: Look): string {
  switch (look.type) {
    case "absent":
      return "absent";
    case "broken":
      return `broken ${look.reason}`;
    case "complete":
      return `complete ${look.facts}`;
  }
}

function without<Key extends keyof Publishing>(state: Publishing, key: Key): Publishing {
  const { [key]: _left, ...rest } = state;
  return rest;
}
