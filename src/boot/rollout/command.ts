/** What the operator wants of rollouts: carried out, or refused with the cure. */

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
  setOnce,
  setTrack,
  settle,
  tell,
} from "./draft.ts";
import { isOpen } from "./policy.ts";
import { canariesIn, type Rollouts, settledOf, trackOf } from "./rollout.ts";
import type { RolloutCommand } from "./rollout-event.ts";
import { settleReleased } from "./verdict.ts";

type Wanted<T extends RolloutCommand["type"]> = Extract<RolloutCommand, { type: T }>;

function refuse(draft: Draft, reason: string, cure?: string): void {
  draft.effects.push({ type: "refuse", reason, ...(cure === undefined ? {} : { cure }) });
}

export function rollBack(draft: Draft, { hosts, generation }: Wanted<"rollback">, atMs: number): void {
  const pinned = hosts.find((host) => trackOf(draft.now, host).pin !== undefined);
  if (pinned !== undefined) {
    const { pin } = trackOf(draft.now, pinned);
    refuse(draft, `${pinned} is pinned to ${pin}`, `'mayfly unpin ${pinned}' first`);
    return;
  }
  const ways = hosts.flatMap((host) => {
    const to = generation ?? wayBack(draft.now, host, hosts);
    return to === undefined ? [] : [{ host, to }];
  });
  const names = hosts.join(", ");
  if (ways.length === 0) {
    const cure = `'mayfly rollouts ${hosts[0] ?? ""}' shows what there is, 'mayfly rollback ${hosts[0] ?? ""} GENERATION' names one`;
    refuse(draft, `no earlier generation of ${names} is known to be good`, cure);
    return;
  }
  // As it was when all of them were asked for: the wave of the first one is that of the others.
  const before = draft.now;
  for (const { host, to } of ways)
    rollBackHost(draft, { host, to, isFromCandidate: isServed(before, host, hosts) }, atMs);
}

/** What everybody got before what they get now. */
function wayBack(rollouts: Rollouts, host: HostName, hosts: readonly HostName[]): GenerationId | undefined {
  return trackOf(rollouts, host).settled.at(isServed(rollouts, host, hosts) ? -1 : -2);
}

/**
 * Whether machines get the candidate: of this host, or, where the candidates of a group are tried together,
 * of any of these.
 */
function isServed(rollouts: Rollouts, host: HostName, hosts: readonly HostName[]): boolean {
  const { candidate } = trackOf(rollouts, host);
  if (candidate === undefined) return false;
  const { scope, policy } = memberOf(rollouts, host);
  if (policy.strategy === "all") return true;
  if (policy.strategy === "window" && isOpen(policy.window, rollouts.local)) return true;
  const trials = [...rollouts.trials.values()];
  if (trials.some((trial) => trial.host === host && trial.generation === candidate && trial.place !== "once"))
    return true;
  return (
    policy.strategy === "canary" &&
    canariesIn(rollouts, scope).some(
      ([, trial]) =>
        hosts.includes(trial.host) && trial.generation === trackOf(rollouts, trial.host).candidate,
    )
  );
}

interface WayBack {
  readonly host: HostName;
  readonly to: GenerationId;
  /** Else from what everybody gets. */
  readonly isFromCandidate: boolean;
}

function rollBackHost(draft: Draft, { host, to, isFromCandidate }: WayBack, atMs: number): void {
  const track = trackOf(draft.now, host);
  const { candidate, settled } = track;
  const from = isFromCandidate ? candidate : settledOf(track);
  const at = settled.indexOf(to);
  const later = at === -1 ? settled.slice(-1) : settled.slice(at + 1);
  // Who goes forward again, to what was left before, leaves nothing behind.
  const isForward = badOf(draft.now, host, to)?.reason === "rolled-back";
  const all = isForward || from === undefined ? [] : [...later, from];
  const left = new Set(all.filter((id) => id !== to));
  // Before the others go: with nothing else left, the candidate would take their place.
  settle(draft, host, to);
  prove(draft, host, to);
  for (const generation of left) condemn(draft, host, { generation, reason: "rolled-back", atMs });
  dropTrials(
    draft,
    (trial) => trial.host === host && (left.has(trial.generation) || trial.generation === to),
  );
  tell(draft, { change: "rolled-back", scope: scopeOf(draft.now, host), hosts: [host], generation: to });
}

export function pin(draft: Draft, { pins }: Wanted<"pin">): void {
  for (const [host, generation] of pins) {
    setTrack(draft, host, { ...trackOf(draft.now, host), pin: generation });
    tell(draft, { change: "pinned", scope: scopeOf(draft.now, host), hosts: [host], generation });
  }
}

export function unpin(draft: Draft, { hosts }: Wanted<"unpin">): void {
  const pinned = hosts.filter((host) => trackOf(draft.now, host).pin !== undefined);
  if (pinned.length === 0) refuse(draft, `${hosts.join(", ")}: not pinned`);
  for (const host of pinned) {
    const { pin: _pin, ...track } = trackOf(draft.now, host);
    setTrack(draft, host, track);
    tell(draft, { change: "unpinned", scope: scopeOf(draft.now, host), hosts: [host] });
  }
}

export function promote(draft: Draft, { hosts }: Wanted<"promote">): void {
  const promoted = hosts.flatMap((host) => {
    const track = trackOf(draft.now, host);
    const { candidate, newest } = track;
    const isBad = newest !== undefined && badOf(draft.now, host, newest) !== undefined;
    const generation = candidate ?? (isBad && newest !== settledOf(track) ? newest : undefined);
    return generation === undefined ? [] : [{ host, generation }];
  });
  if (promoted.length === 0) {
    refuse(draft, `${hosts.join(", ")}: nothing waits, everybody gets the newest generation`);
  }
  for (const { host, generation } of promoted) {
    settle(draft, host, generation);
    // It is everybody's now, so nobody's place; and it may try anew.
    dropTrials(draft, (trial) => trial.host === host);
    tell(draft, { change: "promoted", scope: scopeOf(draft.now, host), hosts: [host], generation });
  }
}

export function hold(draft: Draft, { scope, hosts }: Wanted<"hold">, atMs: number): void {
  if (draft.now.held.has(scope)) {
    refuse(draft, `${nameOf(scope)} is held already`);
    return;
  }
  draft.now = { ...draft.now, held: new Map(draft.now.held).set(scope, atMs) };
  tell(draft, { change: "held", scope, hosts });
}

export function release(draft: Draft, { scope, hosts }: Wanted<"release">): void {
  const held = new Map(draft.now.held);
  if (!held.delete(scope)) {
    refuse(draft, `${nameOf(scope)} is not held`, otherHold(draft, hosts));
    return;
  }
  draft.now = { ...draft.now, held };
  tell(draft, { change: "released", scope, hosts });
  settleReleased(draft, scope, hosts);
}

/** What is held instead: the group of a host, or one host of a group. */
function otherHold({ now }: Draft, hosts: readonly HostName[]): string | undefined {
  const group = hosts.map((host) => scopeOf(now, host)).find((each) => now.held.has(each));
  if (group !== undefined) return `its group is: 'mayfly release ${nameOf(group)}'`;
  const own = hosts.find((host) => now.held.has(`host:${host}`));
  return own === undefined ? undefined : `one of its hosts is: 'mayfly release ${own}'`;
}

function nameOf(scope: string): string {
  return scope.slice(scope.indexOf(":") + 1);
}

export function bootOnce(draft: Draft, { key, host, generation }: Wanted<"boot-once">): void {
  setOnce(draft, key, { host, generation });
  const scope = scopeOf(draft.now, host);
  const mac = key.startsWith("mac:") ? key.slice(4) : undefined;
  const whose = mac === undefined ? {} : { mac };
  tell(draft, { change: "boot-once", scope, hosts: [host], generation, ...whose });
}

export function notOnce(draft: Draft, { key, host }: Wanted<"not-once">): void {
  if (!draft.now.onces.has(key)) {
    refuse(draft, `no one-time image waits for ${key.slice(key.indexOf(":") + 1)}`);
    return;
  }
  setOnce(draft, key, undefined);
  tell(draft, { change: "not-once", scope: scopeOf(draft.now, host), hosts: [host] });
}
