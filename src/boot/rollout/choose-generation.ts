/**
 * The one question about rollouts: which generation a machine of a host gets when it boots now, and why.
 *
 * A place among the canaries that is free counts as the asking machine's: before a machine is answered
 * the shell takes it for that machine, and on the disk, so that the answer stands after a crash too.
 */

import type { Mac } from "../../wire/net/mac.ts";
import type { Generation, GenerationId } from "../generation.ts";
import type { Host, HostName } from "../host.ts";
import type { Snapshot } from "../snapshot.ts";
import { isOpen } from "./policy.ts";
import { type Bad, canariesIn, isHeld, onceOf, type Rollouts, settledOf, trackOf } from "./rollout.ts";

/** Why a machine gets what it gets. */
export type Because =
  /** It is the newest, and everybody's. */
  | { readonly type: "newest" }
  /** The operator wanted it for one boot. */
  | { readonly type: "once" }
  | { readonly type: "pinned" }
  /** It is newer than what is proven: `canary` has a place for it, `again` had it before, `all` get it. */
  | { readonly type: "candidate"; readonly by: "canary" | "again" | "all" }
  /** A newer one waits. */
  | { readonly type: "waiting"; readonly candidate: GenerationId; readonly reason: WaitReason }
  /** The newer one is not given any more. */
  | { readonly type: "bad"; readonly bad: Bad }
  /** The newest is bad, and there is no good one. */
  | { readonly type: "nothing-better"; readonly bad: Bad }
  /** The one that it should get is not there any more. */
  | { readonly type: "gone"; readonly wanted: GenerationId };

/**
 * What a new generation waits for.
 *
 * - `canary`: the machines that have it are not up yet
 * - `window`: the hours
 * - `manual`: to be promoted
 * - `held`: to be released
 * - `unkept`: that what is promised can be kept
 */
export type WaitReason = "canary" | "window" | "manual" | "held" | "unkept";

export interface Choice {
  readonly generation?: Generation;
  readonly because: Because;
}

/** What a boot of this host that starts now gets; `mac` absent: a machine that nothing is known of. */
export function generationFor(host: Host, mac: Mac | undefined, snapshot: Snapshot): Generation | undefined {
  return chooseGeneration(host, mac, snapshot).generation;
}

/** The same with the reason. */
export function chooseGeneration(host: Host, mac: Mac | undefined, snapshot: Snapshot): Choice {
  const { rollouts, generations, images } = snapshot;
  const image = images.get(host.image);
  const track = rollouts.tracks.get(host.name);
  const give = (id: GenerationId | undefined, because: Because): Choice | undefined => {
    const generation = id === undefined ? undefined : generations.get(id);
    return generation && { generation, because };
  };
  const once = mac === undefined ? undefined : onceOf(rollouts, host.name, mac)?.[1];
  const wanted = give(once?.generation, { type: "once" }) ?? give(track?.pin, { type: "pinned" });
  if (wanted !== undefined) return wanted;
  const newest: Because = { type: "newest" };
  // A link that was removed is removed on purpose.
  if (image === undefined) return { because: newest };
  if (track === undefined) return give(image.current, newest) ?? { because: newest };
  const admission = admit(rollouts, host.name, mac);
  const settled = settledOf(track);
  return (
    (admission.type === "takes"
      ? give(admission.candidate, { type: "candidate", by: admission.by })
      : undefined) ??
    give(settled, becauseSettled(rollouts, host.name, mac)) ??
    track.settled
      .toReversed()
      .reduce<Choice | undefined>(
        (found, id) => found ?? give(id, { type: "gone", wanted: settled ?? id }),
        undefined,
      ) ??
    give(image.current, becauseNothingBetter(rollouts, host.name, image.current)) ?? { because: newest }
  );
}

/** Whether a machine gets the candidate of its host. */
export type Admission =
  | { readonly type: "none" }
  | {
      readonly type: "takes";
      readonly candidate: GenerationId;
      readonly by: "canary" | "again" | "all";
      /** The place is free, or the machine has it for an older generation: it is yet to be taken. */
      readonly isNew?: true;
    }
  | { readonly type: "waits"; readonly candidate: GenerationId; readonly reason: WaitReason };

/** @param mac - absent: a machine that nothing is known of, and that has no place */
export function admit(rollouts: Rollouts, host: HostName, mac: Mac | undefined): Admission {
  const { members, trials, local, isUnkept } = rollouts;
  const track = trackOf(rollouts, host);
  const member = members.get(host);
  const { candidate } = track;
  if (candidate === undefined) return { type: "none" };
  const takes = (by: "canary" | "again" | "all") => ({ type: "takes", candidate, by }) as const;
  const waits = (reason: WaitReason) => ({ type: "waits", candidate, reason }) as const;
  if (member === undefined) return takes("all");
  const own = mac === undefined ? undefined : trials.get(mac);
  const mine = own?.host === host && own.place !== "once" ? own : undefined;
  const { scope, policy } = member;
  // A machine that has once taken it is not sent back and forth.
  if (mine?.generation === candidate && mine.place === "canary") return takes("canary");
  if (mine?.generation === candidate && policy.strategy !== "canary") return takes("again");
  if (isHeld(rollouts, host)) {
    // It came up in a wave that is over for the others.
    const hasIt = mine?.generation === candidate && mine.state === "good";
    return hasIt ? takes("again") : waits("held");
  }
  switch (policy.strategy) {
    case "all":
      return takes("all");
    case "window":
      return isOpen(policy.window, local) ? takes("all") : waits("window");
    case "manual":
      return waits("manual");
    case "canary": {
      // A place of one that its host does not name would count for nobody.
      const isNamed = mac !== undefined && member.macs?.includes(mac) !== false;
      // Its place goes with it, but that it boots this one now has to be known after a crash as well.
      if (mine?.place === "canary" && isNamed) return { ...takes("canary"), isNew: true };
      if (track.proven.includes(candidate)) return takes("all");
      if (isUnkept) return waits("unkept");
      const isFree = canariesIn(rollouts, scope).length < policy.canaries;
      return isFree && isNamed ? { ...takes("canary"), isNew: true } : waits("canary");
    }
  }
}

function becauseSettled(rollouts: Rollouts, host: HostName, mac: Mac | undefined): Because {
  const track = trackOf(rollouts, host);
  const admission = admit(rollouts, host, mac);
  if (admission.type === "waits")
    return { type: "waiting", candidate: admission.candidate, reason: admission.reason };
  if (admission.type === "takes") return { type: "gone", wanted: admission.candidate };
  const bad = track.bad.find(({ generation }) => generation === track.newest);
  return bad === undefined ? { type: "newest" } : { type: "bad", bad };
}

function becauseNothingBetter(
  rollouts: Rollouts,
  host: HostName,
  current: GenerationId | undefined,
): Because {
  const { bad, settled } = trackOf(rollouts, host);
  const found = bad.find(({ generation }) => generation === current);
  if (found !== undefined) return { type: "nothing-better", bad: found };
  const wanted = settled.at(-1);
  return wanted === undefined || wanted === current ? { type: "newest" } : { type: "gone", wanted };
}

/** What has to be on the disk before a machine is told what it gets: a place, or the one-time image. */
export function placeToTake(rollouts: Rollouts, host: HostName, mac: Mac): GenerationId | undefined {
  const once = onceOf(rollouts, host, mac)?.[1];
  if (once !== undefined) return once.taken === undefined ? once.generation : undefined;
  if (rollouts.tracks.get(host)?.pin !== undefined) return undefined;
  const admission = admit(rollouts, host, mac);
  return admission.type === "takes" && admission.isNew ? admission.candidate : undefined;
}
