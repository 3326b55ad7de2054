/** What happens to rollouts, and what there is to tell of it. */

import type { Mac } from "../../wire/net/mac.ts";
import type { GenerationId } from "../generation.ts";
import type { HostName } from "../host.ts";
import type { BootId } from "../session/session.ts";
import type { LocalTime } from "./policy.ts";
import type { BadReason, Member, OnceKey, Rollouts, Scope } from "./rollout.ts";

/** What was seen of a machine, of an image, or of the clock. */
export type SeenEvent =
  /** The table of hosts, all of it anew. */
  | { readonly type: "configured"; readonly members: ReadonlyMap<HostName, Member> }
  /** The server has started: what machines did meanwhile it has not seen. */
  | { readonly type: "resumed" }
  | { readonly type: "published"; readonly host: HostName; readonly generation: GenerationId }
  /** The machine takes the place that it would get; nothing is told to it before that is kept. */
  | { readonly type: "taken"; readonly host: HostName; readonly mac: Mac }
  /** That could not be kept. */
  | { readonly type: "untaken"; readonly mac: Mac }
  /** A machine was told to boot a generation. */
  | {
      readonly type: "given";
      readonly host: HostName;
      readonly mac: Mac;
      readonly generation: GenerationId;
    }
  /** Its files are on their way to it. */
  | { readonly type: "fetching"; readonly mac: Mac; readonly generation: GenerationId }
  /** It has all that it boots. */
  | { readonly type: "handed-over"; readonly mac: Mac; readonly generation: GenerationId }
  /** Its firmware, or what firmware starts first, has asked again: whatever ran there has ended. */
  | { readonly type: "back"; readonly mac: Mac }
  /** What was booted has said that it is up, and what is amiss. */
  | {
      readonly type: "checked-in";
      readonly bootId: BootId;
      readonly host: HostName;
      readonly mac: Mac;
      readonly generation: GenerationId;
      readonly faults: readonly string[];
    }
  /** Time has passed. */
  | { readonly type: "ticked"; readonly local: LocalTime }
  /** The wall clock was set; by how many milliseconds, which are no time that has passed. */
  | { readonly type: "clock-set"; readonly byMs: number };

/** What the operator wants; of one host, or of all hosts of a group. */
export type RolloutCommand =
  /** Absent `generation`: to the one before. */
  | { readonly type: "rollback"; readonly hosts: readonly HostName[]; readonly generation?: GenerationId }
  | { readonly type: "pin"; readonly pins: ReadonlyMap<HostName, GenerationId> }
  | { readonly type: "unpin"; readonly hosts: readonly HostName[] }
  /** The new generation is for everybody, whatever was found out about it. */
  | { readonly type: "promote"; readonly hosts: readonly HostName[] }
  | { readonly type: "hold"; readonly scope: Scope; readonly hosts: readonly HostName[] }
  | { readonly type: "release"; readonly scope: Scope; readonly hosts: readonly HostName[] }
  | {
      readonly type: "boot-once";
      readonly key: OnceKey;
      readonly host: HostName;
      readonly generation: GenerationId;
    }
  | { readonly type: "not-once"; readonly key: OnceKey; readonly host: HostName };

export type RolloutEvent = SeenEvent | RolloutCommand;

/**
 * What came of a rollout.
 *
 * - `waiting`: there is a new generation, and not everybody gets it
 * - `canary`: a machine is one of the first to boot it
 * - `place-freed`: a canary that never had all of it stayed away, and another machine may take its place
 * - `settled`: it has come up, and everybody gets it
 * - `marked-bad`: it is not given any more
 * - `stays-bad`: it was published again, and is not given all the same
 * - the others: the operator wanted it so
 */
export type RolloutChange =
  | "waiting"
  | "canary"
  | "place-freed"
  | "settled"
  | "marked-bad"
  | "stays-bad"
  | "rolled-back"
  | "pinned"
  | "unpinned"
  | "promoted"
  | "held"
  | "released"
  | "boot-once"
  | "not-once";

/** One thing that came about, for the operator and for history. */
export interface RolloutNews {
  readonly change: RolloutChange;
  readonly scope: Scope;
  readonly hosts: readonly HostName[];
  readonly generation?: GenerationId;
  /** The machine that it was about, or that has shown it. */
  readonly mac?: Mac;
  readonly reason?: BadReason;
  /** What these hosts get instead; absent: there is nothing better. */
  readonly instead?: GenerationId;
  /** Other hosts whose new generations were stopped with it. */
  readonly stopped?: readonly HostName[];
  /** What is amiss, as the machine has said. */
  readonly faults?: readonly string[];
  /** What it waits for. */
  readonly waitsFor?: "canary" | "window" | "manual" | "held";
}

export type RolloutEffect =
  | { readonly type: "tell"; readonly news: RolloutNews }
  /** A command cannot be carried out; nothing has changed. */
  | { readonly type: "refuse"; readonly reason: string; readonly cure?: string };

export type RolloutStep = readonly [Rollouts, readonly RolloutEffect[]];

/** What became of a command: it counts and is kept, or nothing has changed. */
export type CommandVerdict =
  | { readonly type: "done" }
  | { readonly type: "refused"; readonly reason: string; readonly cure?: string };
