/** Rollouts while one event changes them: each table is copied when it is first written to. */

import type { Mac } from "../../wire/net/mac.ts";
import type { GenerationId } from "../generation.ts";
import type { HostName } from "../host.ts";
import { DEFAULT_POLICY } from "./policy.ts";
import {
  type Bad,
  type BadReason,
  type Member,
  NEW_TRACK,
  type Once,
  type OnceKey,
  type Rollouts,
  type Scope,
  type Track,
  type Trial,
  trackOf,
} from "./rollout.ts";
import type { RolloutEffect, RolloutNews } from "./rollout-event.ts";

/** What was everybody's before, so many at most, and what is known to be good or bad. */
const KEPT_SETTLED = 8;
const KEPT_PROVEN = 16;
const KEPT_BAD = 16;
/** Whoever can send packets can make machines up. */
const MAX_TRIALS = 10_000;

/** Lives as long as one step. */
export interface Draft {
  now: Rollouts;
  readonly effects: RolloutEffect[];
}

export function memberOf({ members }: Rollouts, host: HostName): Member {
  return members.get(host) ?? { scope: `host:${host}`, policy: DEFAULT_POLICY };
}

export function scopeOf(rollouts: Rollouts, host: HostName): Scope {
  return memberOf(rollouts, host).scope;
}

export function tell(draft: Draft, news: RolloutNews): void {
  draft.effects.push({ type: "tell", news });
}

export function setTrack(draft: Draft, host: HostName, track: Track): void {
  draft.now = { ...draft.now, tracks: new Map(draft.now.tracks).set(host, track) };
}

export function setTrial(draft: Draft, mac: Mac, trial: Trial): void {
  const trials = new Map(draft.now.trials).set(mac, trial);
  if (trials.size > MAX_TRIALS) {
    const [oldest] = [...trials].find(([, { place }]) => place !== "canary") ?? [];
    if (oldest !== undefined) trials.delete(oldest);
  }
  draft.now = { ...draft.now, trials };
}

/** Lets go of what machines did, where it does not matter any more. */
export function dropTrials(draft: Draft, isDone: (trial: Trial, mac: Mac) => boolean): void {
  const { trials } = draft.now;
  const left = [...trials].filter(([mac, trial]) => !isDone(trial, mac));
  if (left.length < trials.size) draft.now = { ...draft.now, trials: new Map(left) };
}

export function setOnce(draft: Draft, key: OnceKey, once: Once | undefined): void {
  const onces = new Map(draft.now.onces);
  if (once === undefined) onces.delete(key);
  else onces.set(key, once);
  draft.now = { ...draft.now, onces };
}

/** Everybody gets this one from now on; what was not proven until now is no one's way back. */
export function settle(draft: Draft, host: HostName, generation: GenerationId): void {
  const { candidate, ...track } = trackOf(draft.now, host);
  const before = track.settled.filter((id) => id !== generation && track.proven.includes(id));
  setTrack(draft, host, {
    ...track,
    ...(candidate === undefined || candidate === generation ? {} : { candidate }),
    settled: [...before, generation].slice(-KEPT_SETTLED),
    bad: track.bad.filter((each) => each.generation !== generation),
  });
}

/** It has come up on a machine of this host, or on one of its group. */
export function prove(draft: Draft, host: HostName, generation: GenerationId): void {
  const track = trackOf(draft.now, host);
  const proven = [...track.proven.filter((id) => id !== generation), generation];
  const isBack = (id: GenerationId) => track.settled.includes(id) || id === track.candidate;
  // What is a way back is not forgotten, however much came after it.
  const extra = proven.length - KEPT_PROVEN;
  const forgotten = new Set(extra > 0 ? proven.filter((id) => !isBack(id)).slice(0, extra) : []);
  setTrack(draft, host, { ...track, proven: proven.filter((id) => !forgotten.has(id)) });
}

/** It is neither given any more nor gone back to. */
export function condemn(
  draft: Draft,
  host: HostName,
  { generation, reason, atMs }: { generation: GenerationId; reason: BadReason; atMs: number },
): void {
  const { candidate, ...track } = trackOf(draft.now, host);
  const others = track.bad.filter((each) => each.generation !== generation);
  const bad: Bad[] = [...others, { generation, reason, atMs }];
  const next = candidate === generation ? undefined : candidate;
  const settled = track.settled.filter((id) => id !== generation);
  // With nothing to go back to there is nothing to wait with either.
  const isBase = next !== undefined && settled.length === 0;
  setTrack(draft, host, {
    ...track,
    ...(next === undefined || isBase ? {} : { candidate: next }),
    settled: isBase ? [next] : settled,
    proven: track.proven.filter((id) => id !== generation),
    bad: bad.slice(-KEPT_BAD),
  });
}

export function badOf(rollouts: Rollouts, host: HostName, generation: GenerationId): Bad | undefined {
  return (rollouts.tracks.get(host) ?? NEW_TRACK).bad.find((each) => each.generation === generation);
}
