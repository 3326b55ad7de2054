/** What follows when a machine has come up with a generation, or has not. */

import type { Mac } from "../../wire/net/mac.ts";
import type { GenerationId } from "../generation.ts";
import type { HostName } from "../host.ts";
import {
  badOf,
  condemn,
  type Draft,
  dropTrials,
  memberOf,
  prove,
  scopeOf,
  setTrack,
  setTrial,
  settle,
  tell,
} from "./draft.ts";
import {
  type BadReason,
  canariesIn,
  hostsIn,
  isHeld,
  isOnTrial,
  type Rollouts,
  type Scope,
  settledOf,
  type TrialPlace,
  trackOf,
} from "./rollout.ts";

/** Who has shown what a generation is worth. */
export interface Witness {
  readonly mac: Mac;
  readonly host: HostName;
  readonly generation: GenerationId;
}

/** The machine is up. Enough of them, and everybody gets the generation. */
export function comeUp(draft: Draft, { mac, host, generation }: Witness): void {
  const trial = draft.now.trials.get(mac);
  const isOwn = trial?.generation === generation && trial.host === host;
  const track = trackOf(draft.now, host);
  const { scope, policy } = memberOf(draft.now, host);
  if (!isOnTrial(track, generation)) {
    comeUpOvertaken(draft, { mac, host, generation }, isOwn ? trial.place : undefined);
    return;
  }
  if (isOwn) setTrial(draft, mac, { ...trial, state: "good" });
  const base = settledOf(track);
  // Where nothing is known to be good, one machine that is up is worth more than all that was so far.
  const hasGood = base !== undefined && track.proven.includes(base);
  const isWave = policy.strategy === "canary" && generation === track.candidate && hasGood;
  if (isWave && !track.proven.includes(generation)) {
    if (isOwn && trial.place === "canary") passIfEnough(draft, scope, policy.canaries);
    return;
  }
  proveAll(draft, scope, { mac, host, generation });
}

/**
 * It is neither what everybody gets nor the newest: it was overtaken, and its place is free. It may be the
 * best that there is to go back to all the same.
 */
function comeUpOvertaken(draft: Draft, { mac, host, generation }: Witness, place?: TrialPlace): void {
  if (place !== undefined) dropTrials(draft, (_trial, of) => of === mac);
  const track = trackOf(draft.now, host);
  // That it is a way back was known when the operator, or a wave, went on from it.
  if (track.settled.includes(generation)) return;
  const base = settledOf(track);
  // What everybody gets may be the operator's will, and be yet to come up; there is a way back from it then.
  const hasGood = track.settled.some((id) => track.proven.includes(id));
  const { scope, policy } = memberOf(draft.now, host);
  const wasEverybodys = policy.strategy === "all" || policy.strategy === "window";
  const isBetter = !hasGood || (wasEverybodys && place === "all" && !isHeld(draft.now, host));
  const bad = badOf(draft.now, host, generation);
  if (!isBetter || bad?.reason === "rolled-back" || (bad !== undefined && hasGood)) return;
  prove(draft, host, generation);
  settle(draft, host, generation);
  // What everybody got without being proven goes on as what is new.
  if (base !== undefined && !hasGood && base === track.newest)
    setTrack(draft, host, { ...trackOf(draft.now, host), candidate: base });
  tell(draft, { change: "settled", scope, hosts: [host], generation, mac });
}

/** A generation that several hosts have in common is proven for all of them. */
function proveAll(draft: Draft, scope: Scope, { mac, host, generation }: Witness): void {
  const settled: HostName[] = [];
  for (const each of hostsOf(draft.now, scope, host)) {
    const track = trackOf(draft.now, each);
    if (!isOnTrial(track, generation)) continue;
    const isManual = memberOf(draft.now, each).policy.strategy === "manual";
    const waits = generation === track.candidate && (isManual || isHeld(draft.now, each));
    prove(draft, each, generation);
    if (waits) continue;
    settle(draft, each, generation);
    settled.push(each);
  }
  if (settled.length === 0) return;
  dropOvertaken(draft, new Set(settled));
  tell(draft, { change: "settled", scope, hosts: settled, generation, mac });
}

/** From here on these hosts have something better than what machines of theirs may still be booting. */
function dropOvertaken(draft: Draft, hosts: ReadonlySet<HostName>): void {
  const { now } = draft;
  dropTrials(draft, ({ host, generation }) => hosts.has(host) && !isOnTrial(trackOf(now, host), generation));
}

/** So many canaries are up: their generations, and those of the others that came with them, are everybody's. */
function passIfEnough(draft: Draft, scope: Scope, wanted: number): void {
  const { tracks } = draft.now;
  const up = canariesIn(draft.now, scope).filter(
    ([, { state, host, generation }]) => state === "good" && generation === tracks.get(host)?.candidate,
  );
  if (up.length < Math.min(wanted, machinesIn(draft.now, scope))) return;
  const good = new Set(up.map(([, { generation }]) => generation));
  const byGeneration = new Map<GenerationId, HostName[]>();
  for (const host of hostsIn(draft.now, scope)) {
    const { candidate } = trackOf(draft.now, host);
    if (candidate === undefined) continue;
    if (good.has(candidate)) prove(draft, host, candidate);
    // What is held, for one host of the group or for all, goes on waiting there.
    if (isHeld(draft.now, host)) continue;
    settle(draft, host, candidate);
    byGeneration.set(candidate, [...(byGeneration.get(candidate) ?? []), host]);
  }
  for (const [generation, hosts] of byGeneration)
    tell(draft, { change: "settled", scope, hosts, generation });
  if (draft.now.held.has(scope)) return;
  endWave(draft, scope);
  dropOvertaken(draft, new Set([...byGeneration.values()].flat()));
}

/** What came up while it was held is everybody's now, where nobody has to promote it. */
export function settleReleased(draft: Draft, scope: Scope, hosts: readonly HostName[]): void {
  const settled = hosts.filter((host) => {
    const { candidate, proven } = trackOf(draft.now, host);
    if (candidate === undefined || !proven.includes(candidate) || isHeld(draft.now, host)) return false;
    if (memberOf(draft.now, host).policy.strategy === "manual") return false;
    settle(draft, host, candidate);
    return true;
  });
  const generations = new Set(settled.flatMap((host) => settledOf(trackOf(draft.now, host)) ?? []));
  for (const generation of generations) {
    const having = settled.filter((host) => settledOf(trackOf(draft.now, host)) === generation);
    tell(draft, { change: "settled", scope: scopeOf(draft.now, having[0] ?? ""), hosts: having, generation });
  }
  dropOvertaken(draft, new Set(settled));
  // The wave is over for who is held by a name of its own, too.
  if (settled.length === 0) return;
  for (const [mac, trial] of canariesIn(draft.now, scope))
    if (trial.state === "good" && isHeld(draft.now, trial.host))
      setTrial(draft, mac, { ...trial, place: "all" });
}

/**
 * Nobody has a place any more, but who is on its way with what is held for its host alone; what a machine has
 * yet to show of a generation of its own, it still may.
 */
function endWave(draft: Draft, scope: Scope): void {
  const { now } = draft;
  const ended = canariesIn(now, scope);
  dropTrials(draft, ({ place, host, generation }) => {
    const isDone = !isOnTrial(trackOf(now, host), generation);
    return scopeOf(now, host) === scope && (isDone || place === "canary");
  });
  for (const [mac, trial] of ended) {
    const { host, generation } = trial;
    if (!isOnTrial(trackOf(now, host), generation)) continue;
    const isKept = isHeld(now, host) && trial.state !== "good";
    setTrial(draft, mac, { ...trial, place: isKept ? "canary" : "all" });
  }
}

/** As many as the scope can have at most; a rollout does not wait for more than that. */
export function machinesIn(rollouts: Rollouts, scope: Scope): number {
  return hostsIn(rollouts, scope).reduce((sum, host) => {
    const { machines } = memberOf(rollouts, host);
    return sum + (machines === undefined ? Number.POSITIVE_INFINITY : Math.max(1, machines));
  }, 0);
}

/**
 * The machine is not up: its generation is bad for all of its group that have it, and where it was a
 * canary the others' new ones are stopped, since they came with it.
 */
export function failToComeUp(
  draft: Draft,
  { mac, host, generation }: Witness,
  reason: BadReason,
  atMs: number,
  faults: readonly string[] = [],
): void {
  const before = draft.now;
  const { scope, policy } = memberOf(before, host);
  // It has come up elsewhere, and only waits for the operator.
  const isGood = trackOf(before, host).proven.includes(generation);
  const isWave = policy.strategy === "canary" && trackOf(before, host).candidate === generation && !isGood;
  const all = hostsOf(before, scope, host);
  const having = all.filter((each) => {
    const track = trackOf(before, each);
    return isOnTrial(track, generation) && !track.proven.includes(generation);
  });
  // One that was overtaken is worth remembering too: it may be published again.
  const hit = having.length > 0 || isGood ? having : [host];
  const news = hit.filter((each) => badOf(before, each, generation) === undefined);
  for (const each of hit) condemn(draft, each, { generation, reason, atMs });
  const stopped = isWave ? all.filter((each) => stop(draft, each, atMs)) : [];
  const gone = new Set(hit);
  const now = draft.now;
  dropTrials(
    draft,
    (trial, of) =>
      of === mac ||
      (trial.generation === generation && gone.has(trial.host)) ||
      (isWave && trial.place === "canary" && scopeOf(now, trial.host) === scope),
  );
  if (news.length === 0) return;
  const instead = settledOf(trackOf(draft.now, host));
  tell(draft, {
    ...{ change: "marked-bad", scope, hosts: news, generation, mac, reason },
    ...(instead === undefined ? {} : { instead }),
    ...(stopped.length === 0 ? {} : { stopped }),
    ...(faults.length === 0 ? {} : { faults }),
  });
}

function stop(draft: Draft, host: HostName, atMs: number): boolean {
  const { candidate, proven } = trackOf(draft.now, host);
  if (candidate === undefined || proven.includes(candidate)) return false;
  condemn(draft, host, { generation: candidate, reason: "stopped", atMs });
  return true;
}

/** Of the scope, and the host itself where the configuration does not know it any more. */
function hostsOf(rollouts: Rollouts, scope: Scope, host: HostName): HostName[] {
  const hosts = hostsIn(rollouts, scope);
  return hosts.includes(host) ? hosts : [...hosts, host];
}
