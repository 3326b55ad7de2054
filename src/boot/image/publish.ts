/**
 * When what lies at an image's place becomes what boots get, as a state machine without I/O.
 *
 * The shell looks at the place, tells what it saw, and carries the effects out. So every rule about
 * half-copied folders, dangling links and short absences is here and nowhere else:
 *
 * - what lies in a store is published as soon as it is complete, since it cannot change;
 * - any other folder must also have stayed the same for a while, and one that never does is told;
 * - nor may anybody have its files open for writing: a copy over a network may pause for long;
 * - what is broken changes nothing but the trouble that is told, once for each reason;
 * - an empty place is believed after a while, so that `rm` and `ln` make no gap.
 */

import type { Generation, GenerationId } from "../generation.ts";

/** What one look at an image's place saw. */
export type Look =
  | { readonly type: "absent" }
  /** Something is there that cannot be booted; while `facts` change it may still be in the making. */
  | {
      readonly type: "broken";
      readonly reason: string;
      readonly facts: string;
      readonly isImmutable: boolean;
    }
  /** `facts` are the same for two looks only if nothing changed between them. */
  | { readonly type: "complete"; readonly facts: string; readonly isImmutable: boolean };

export type PublishEvent =
  | { readonly type: "looked"; readonly look: Look }
  /** The files that were looked at are open and are still those of `facts`. */
  | { readonly type: "held"; readonly facts: string; readonly generation: Generation }
  /** They could not be opened, for `reason`; without one they changed under our hands. */
  | { readonly type: "lost"; readonly facts: string; readonly reason?: string }
  /** Somebody has `file` open for writing. */
  | { readonly type: "written"; readonly facts: string; readonly file: string }
  | { readonly type: "woke" };

export type PublishEffect =
  /** Look again, now; answer with `looked`. */
  | { readonly type: "look" }
  /** Open the files and give them an id; answer with `held`, `lost` or `written`. */
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
  /** Seen since, and not yet believed; `restlessSinceMs` is when the doubt began, whatever was seen then. */
  readonly doubt?: { readonly look: Look; readonly sinceMs: number; readonly restlessSinceMs: number };
  /** What is being opened. */
  readonly holding?: string;
  /** Since when somebody has had a file of it open for writing. */
  readonly writtenSinceMs?: number;
  /** The place is empty, and that was told. */
  readonly isGone?: true;
  /** When to send `woke`. */
  readonly wakeAtMs?: number;
}

export interface PublishRules {
  /** How long a folder outside a store must stay the same, in milliseconds. */
  readonly stillMs: number;
  /** How long a place must be empty, in milliseconds. */
  readonly graceMs: number;
  /** After how long a folder that never stays the same is told of, in milliseconds. */
  readonly restlessMs: number;
  /** The trouble of an empty place that ought not to be; absent where a place may be empty. */
  readonly absence?: string;
  /** What lay there goes on being served when the place is empty: builds clear it before they fill it anew. */
  readonly outlasts?: boolean;
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
  rules: PublishRules,
): PublishStep {
  switch (event.type) {
    case "woke":
      return [without(state, "wakeAtMs"), [{ type: "look" }]];
    case "looked":
      return looked(state, event.look, nowMs, rules);
    case "held":
      // Something else was seen meanwhile: the shell lets go of what it opened.
      if (event.facts !== state.holding) return [state, []];
      return publish(without(state, "holding"), event.generation, event.facts);
    case "lost": {
      if (event.facts !== state.holding) return [state, []];
      const next = without(state, "holding");
      if (event.reason !== undefined) return tell(next, event.reason);
      return [{ ...next, wakeAtMs: nowMs + rules.stillMs }, []];
    }
    case "written":
      return event.facts === state.holding ? written(state, event.file, nowMs, rules) : [state, []];
  }
}

/** Whether an answer to `hold` is still wanted. */
export function isHolding(state: Publishing, facts: string): boolean {
  return state.holding === facts;
}

function looked(before: Publishing, look: Look, nowMs: number, rules: PublishRules): PublishStep {
  const seen = look.type === "complete" ? before : without(before, "writtenSinceMs");
  const state = look.type === "complete" && look.facts === seen.holding ? seen : without(seen, "holding");
  if (look.type === "complete" && look.facts === state.current?.facts && state.trouble === undefined) {
    return [without(settled(state), "writtenSinceMs"), []];
  }
  const { doubt } = state;
  const isSame = doubt !== undefined && key(doubt.look) === key(look);
  const sinceMs = isSame ? doubt.sinceMs : nowMs;
  const believeAtMs = sinceMs + doubtMs(look, rules);
  if (nowMs >= believeAtMs) return believe(settled(state), look, rules);

  const restlessSinceMs = doubt?.restlessSinceMs ?? nowMs;
  const next = { ...state, doubt: { look, sinceMs, restlessSinceMs }, wakeAtMs: believeAtMs };
  const isRestless = nowMs - restlessSinceMs >= rules.restlessMs;
  return isRestless
    ? tell(next, "keeps changing: it is served once it stays the same for a moment")
    : [next, []];
}

/** No event tells that a writer is done: it is looked again and again. */
function written(state: Publishing, file: string, nowMs: number, rules: PublishRules): PublishStep {
  const writtenSinceMs = state.writtenSinceMs ?? nowMs;
  const next = { ...without(state, "holding"), writtenSinceMs, wakeAtMs: nowMs + rules.stillMs };
  if (nowMs - writtenSinceMs < rules.restlessMs) return [next, []];
  return tell(next, `${file} is still open for writing: it is served once whoever writes it is done`);
}

function doubtMs(look: Look, rules: PublishRules): number {
  if (look.type === "absent") return rules.graceMs;
  return look.isImmutable ? 0 : rules.stillMs;
}

function believe(state: Publishing, look: Look, rules: PublishRules): PublishStep {
  switch (look.type) {
    case "absent":
      return vanish(state, rules);
    case "broken":
      return tell(without(state, "isGone"), look.reason);
    case "complete":
      if (state.holding === look.facts) return [state, []];
      return [{ ...without(state, "isGone"), holding: look.facts }, [{ type: "hold", facts: look.facts }]];
  }
}

function vanish(state: Publishing, { absence, outlasts }: PublishRules): PublishStep {
  if (state.isGone) return [state, []];
  if (outlasts && state.current !== undefined)
    return tell({ ...state, isGone: true }, absence ?? "what was built there is gone");
  const gone: PublishEffect = { type: "withdraw" };
  if (absence === undefined) return [{ isGone: true }, [gone]];
  return [{ isGone: true, trouble: absence }, [gone, { type: "trouble", reason: absence }]];
}

function publish(state: Publishing, generation: Generation, facts: string): PublishStep {
  const isNews = generation.id !== state.current?.id || state.trouble !== undefined;
  const next = {
    ...without(without(state, "trouble"), "writtenSinceMs"),
    current: { id: generation.id, facts },
  };
  return [next, isNews ? [{ type: "publish", generation }] : []];
}

/** Says a trouble once, however often it is seen. */
function tell(state: Publishing, reason: string): PublishStep {
  if (state.trouble === reason) return [state, []];
  return [{ ...state, trouble: reason }, [{ type: "trouble", reason }]];
}

function settled(state: Publishing): Publishing {
  return without(without(state, "doubt"), "wakeAtMs");
}

function key(look: Look): string {
  return look.type === "absent" ? look.type : `${look.type} ${look.facts}`;
}

function without<Key extends keyof Publishing>(state: Publishing, key: Key): Publishing {
  const { [key]: _left, ...rest } = state;
  return rest;
}
