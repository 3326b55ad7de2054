/**
 * All rollouts as one state machine without I/O: what was published, what machines did with it, what the
 * operator wants.
 *
 * The shell tells what it saw and carries the effects out. So who gets a new generation, when it is good
 * and when it is bad are decided here and nowhere else; `choose-generation.ts` answers what a machine gets.
 */

import type { GenerationId } from "../generation.ts";
import type { HostName } from "../host.ts";
import { bootOnce, hold, notOnce, pin, promote, release, rollBack, unpin } from "./command.ts";
import { badOf, type Draft, dropTrials, memberOf, setTrack, settle, tell } from "./draft.ts";
import { moveClock } from "./move-clock.ts";
import { isHeld, isOnTrial, type Rollouts, settledOf, type Track, type Trial, trackOf } from "./rollout.ts";
import type { RolloutEvent, RolloutStep } from "./rollout-event.ts";
import { checkIn, comeBack, give, handOver, lookAtClock, resume, take, untake, watch } from "./trial.ts";

/**
 * Advances the rollouts by one event. Pure: same arguments, same answer; the same value where nothing changed.
 *
 * @param nowMs - milliseconds since the epoch
 */
export function rolloutStep(rollouts: Rollouts, event: RolloutEvent, nowMs: number): RolloutStep {
  const draft: Draft = { now: rollouts, effects: [] };
  enter(draft, event, nowMs);
  return [draft.now, draft.effects];
}

function enter(draft: Draft, event: RolloutEvent, nowMs: number): void {
  switch (event.type) {
    case "configured":
      draft.now = { ...draft.now, members: event.members };
      return;
    case "resumed":
      resume(draft, nowMs);
      return;
    case "published":
      publish(draft, event.host, event.generation);
      return;
    case "taken":
      take(draft, event, nowMs);
      return;
    case "untaken":
      untake(draft, event);
      return;
    case "given":
      give(draft, event, nowMs);
      return;
    case "fetching":
      watch(draft, event, nowMs);
      return;
    case "handed-over":
      handOver(draft, event, nowMs);
      return;
    case "back":
      comeBack(draft, event, nowMs);
      return;
    case "checked-in":
      checkIn(draft, event, nowMs);
      return;
    case "ticked": {
      const { local } = draft.now;
      const { day, minute } = event.local;
      if (local.day !== day || local.minute !== minute) draft.now = { ...draft.now, local: { day, minute } };
      lookAtClock(draft, nowMs);
      return;
    }
    case "clock-set":
      moveClock(draft, event.byMs);
      return;
    case "rollback":
      rollBack(draft, event, nowMs);
      return;
    case "pin":
      pin(draft, event);
      return;
    case "unpin":
      unpin(draft, event);
      return;
    case "promote":
      promote(draft, event);
      return;
    case "hold":
      hold(draft, event, nowMs);
      return;
    case "release":
      release(draft, event);
      return;
    case "boot-once":
      bootOnce(draft, event);
      return;
    case "not-once":
      notOnce(draft, event);
      return;
  }
}

function publish(draft: Draft, host: HostName, generation: GenerationId): void {
  const { candidate: overtaken, ...known } = trackOf(draft.now, host);
  // After a restart every image is published anew.
  if (known.newest === generation) return;
  const track = { ...known, settled: waysBack(known, overtaken) };
  const { scope, policy } = memberOf(draft.now, host);
  const news = { scope, hosts: [host], generation };
  setTrack(draft, host, { ...track, newest: generation });
  if (track.settled.length === 0) settle(draft, host, generation);
  else if (generation !== settledOf(track)) {
    const bad = badOf(draft.now, host, generation);
    if (bad === undefined) setTrack(draft, host, { ...track, newest: generation, candidate: generation });
    else tell(draft, { change: "stays-bad", ...news, reason: bad.reason });
  }
  const after = trackOf(draft.now, host);
  dropTrials(
    draft,
    (trial) =>
      trial.host === host && isOvertaken(trial, after.candidate) && !isOnTrial(after, trial.generation),
  );
  if (after.candidate === undefined) return;
  const waitsFor = isHeld(draft.now, host) ? "held" : policy.strategy === "all" ? undefined : policy.strategy;
  if (waitsFor !== undefined) tell(draft, { change: "waiting", ...news, waitsFor });
}

/** What came up and only waited for the operator is a way back where there is no other, and nobody's for now. */
function waysBack({ settled, proven }: Track, overtaken: GenerationId | undefined): readonly GenerationId[] {
  const isOnly = overtaken !== undefined && proven.includes(overtaken);
  return isOnly && !settled.some((id) => proven.includes(id)) ? [overtaken, ...settled] : settled;
}

/** Nothing is to be learnt from it any more; a machine that is on its way again keeps its place for the newer one. */
function isOvertaken({ state, place }: Trial, candidate: GenerationId | undefined): boolean {
  if (state === "good") return true;
  return state === "back" && (place !== "canary" || candidate === undefined);
}
