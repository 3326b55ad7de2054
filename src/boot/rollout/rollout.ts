/**
 * The noun `rollout`: how far the new generations of hosts have got, and what was found out about them.
 *
 * A rollout's scope is a group, or a host that is in none. All of them are one table in the snapshot:
 * what is known of each host goes with it when it changes its group.
 */

import type { Mac } from "../../wire/net/mac.ts";
import type { GenerationId } from "../generation.ts";
import type { HostName } from "../host.ts";
import type { BootId } from "../session/session.ts";
import type { LocalTime, RolloutPolicy } from "./policy.ts";

/** `group:NAME`, or `host:NAME` for a host without a group. */
export type Scope = `group:${string}` | `host:${string}`;

/** What the configuration says of a host. */
export interface Member {
  readonly scope: Scope;
  readonly policy: RolloutPolicy;
  /** How many machines it is at most; absent: nobody knows, since it is the host of all others. */
  readonly machines?: number;
  /** The only machines that it has; absent: it has others, or may have. */
  readonly macs?: readonly Mac[];
}

/**
 * Why a generation is not given any more.
 *
 * - `no-check-in`: a machine that booted it was not up within the limit
 * - `boot-loop`: a machine began to boot it again and again
 * - `unwell`: what booted has said that something is missing
 * - `stopped`: another generation of its group's rollout was bad
 * - `rolled-back`: the operator went back
 */
export type BadReason = "no-check-in" | "boot-loop" | "unwell" | "stopped" | "rolled-back";

export interface Bad {
  readonly generation: GenerationId;
  readonly reason: BadReason;
  /** Milliseconds since the epoch. */
  readonly atMs: number;
}

/** What is known of one host's generations. */
export interface Track {
  /** What was published last. */
  readonly newest?: GenerationId;
  /** Newer than the settled one, and not yet everybody's. */
  readonly candidate?: GenerationId;
  /** What everybody got, the last one being what everybody gets; all but that are {@link proven}. */
  readonly settled: readonly GenerationId[];
  /** What has come up, or what the operator went back to. */
  readonly proven: readonly GenerationId[];
  readonly bad: readonly Bad[];
  readonly pin?: GenerationId;
  /** What it boots has said that it is up, at least once. */
  readonly checksIn: boolean;
  /** What was amiss when a proven generation was up: it is not the fault of a new one. */
  readonly usualFaults: readonly string[];
}

/**
 * Where a machine stands in its boot.
 *
 * - `reserved`: it will be given the generation in the next moment
 * - `given`: it was told to boot it
 * - `handed-over`: it has all files
 * - `back`: it began anew
 * - `good`: it is up
 */
export type TrialState = "reserved" | "given" | "handed-over" | "back" | "good";

/**
 * By which right a machine boots a generation that is not proven.
 *
 * - `canary`: it is one of the first; nobody else gets its place
 * - `all`: as everybody
 * - `once`: the operator wanted it once
 */
export type TrialPlace = "canary" | "all" | "once";

/** One machine with a generation that is not proven. */
export interface Trial {
  readonly host: HostName;
  readonly generation: GenerationId;
  readonly place: TrialPlace;
  readonly state: TrialState;
  /** How often it began anew without having come up. */
  readonly strikes: number;
  /** When it was given, or when something of its boot was seen last, in milliseconds since the epoch. */
  readonly sinceMs: number;
  /** Somebody sees its files go, so that it will be told when it has them all. */
  readonly isWatched: boolean;
}

/** A generation for the next boot alone. */
export interface Once {
  readonly host: HostName;
  readonly generation: GenerationId;
  /** Which machine boots it now; absent: none has asked yet. */
  readonly taken?: { readonly mac: Mac; readonly atMs: number };
}

/** By whom a one-time image waits to be asked for: a machine, or the first one of a host. */
export type OnceKey = `mac:${Mac}` | `host:${HostName}`;

export interface Rollouts {
  readonly members: ReadonlyMap<HostName, Member>;
  readonly tracks: ReadonlyMap<HostName, Track>;
  readonly trials: ReadonlyMap<Mac, Trial>;
  readonly onces: ReadonlyMap<OnceKey, Once>;
  /** Where no machine is given anything new for the moment, and since when in milliseconds. */
  readonly held: ReadonlyMap<Scope, number>;
  /**
   * The reports that count already, by boot, and since when in milliseconds since the epoch: a server that was
   * killed tells its last ones once more when it is back.
   */
  readonly reports: ReadonlyMap<BootId, number>;
  readonly local: LocalTime;
  /** What a machine takes cannot be kept: none may take a place. */
  readonly isUnkept: boolean;
}

export const NO_ROLLOUTS: Rollouts = {
  members: new Map(),
  tracks: new Map(),
  trials: new Map(),
  onces: new Map(),
  held: new Map(),
  reports: new Map(),
  local: { day: 0, minute: 0 },
  isUnkept: false,
};

export const NEW_TRACK: Track = { settled: [], proven: [], bad: [], checksIn: false, usualFaults: [] };

/** What is known of a host; of a new one, nothing. */
export function trackOf({ tracks }: Rollouts, host: HostName): Track {
  return tracks.get(host) ?? NEW_TRACK;
}

/** The generation that everybody gets; absent while there is none that is worth it. */
export function settledOf({ settled }: Track): GenerationId | undefined {
  return settled.at(-1);
}

/** Whether what a machine does with a generation says something that is not known yet. */
export function isOnTrial(track: Track, generation: GenerationId): boolean {
  if (generation === track.candidate) return true;
  if (generation === settledOf(track)) return !track.proven.includes(generation);
  // Bad or not: it is given for want of a better one.
  return track.settled.length === 0 && generation === track.newest;
}

/** Whether nobody takes a new generation of this host for the moment: by its own name, or by its group's. */
export function isHeld({ held, members }: Rollouts, host: HostName): boolean {
  const scope = members.get(host)?.scope;
  return held.has(`host:${host}`) || (scope !== undefined && held.has(scope));
}

/** The one-time image that a machine gets, or would get if it asked now. */
export function onceOf({ onces }: Rollouts, host: HostName, mac: Mac): readonly [OnceKey, Once] | undefined {
  for (const key of [`mac:${mac}`, `host:${host}`] as const) {
    const once = onces.get(key);
    if (once?.host === host && (once.taken === undefined || once.taken.mac === mac)) return [key, once];
  }
  return undefined;
}

/** The hosts that are rolled out together, by name. */
export function hostsIn({ members }: Rollouts, scope: Scope): HostName[] {
  return [...members].filter(([, member]) => member.scope === scope).map(([name]) => name);
}

/** The machines that have a place as canary in a scope; one that its host does not name any more has none. */
export function canariesIn({ members, trials }: Rollouts, scope: Scope): (readonly [Mac, Trial])[] {
  return [...trials].filter(([mac, { place, host }]) => {
    const member = members.get(host);
    return place === "canary" && member?.scope === scope && member.macs?.includes(mac) !== false;
  });
}
