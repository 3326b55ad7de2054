/** Whom a generation that was just published is not given to, why, and what boots there instead. Pure. */

import type { Generation, GenerationId } from "../generation.ts";
import type { Host, HostName, ImageName } from "../host.ts";
import type { Snapshot } from "../snapshot.ts";
import { type Because, chooseGeneration } from "./choose-generation.ts";
import { membersOf } from "./members.ts";
import type { OpenTime } from "./policy.ts";
import type { Rollouts, Scope } from "./rollout.ts";
import { rolloutStep } from "./rollout-step.ts";

/** A host whose next boot gets another generation than the one that was published. */
export interface HeldBack {
  readonly host: HostName;
  /** With whom it is rolled out. */
  readonly scope: Scope;
  readonly because: Because;
  /** What a boot gets meanwhile; absent: nothing. */
  readonly instead?: GenerationId;
  /** How many machines get it before all others; absent where the policy names no canaries. */
  readonly canaries?: number;
  /** When boots get it; absent where the policy names no hours. */
  readonly window?: readonly OpenTime[];
}

/**
 * The hosts of an image that do not get what was just published for it, with what they get.
 *
 * @param snapshot - in which it is published, whether or not the rollouts have heard of that
 */
export function heldBack(image: ImageName, { id }: Generation, snapshot: Snapshot): readonly HeldBack[] {
  // Those that get it as things stand get it afterwards too; at the start these are a thousand.
  const hosts = [...snapshot.hosts.values()].filter(
    (host) => host.image === image && chooseGeneration(host, undefined, snapshot).generation?.id !== id,
  );
  if (hosts.length === 0) return [];
  const members = withOwn(hosts, snapshot);
  let rollouts: Rollouts = { ...snapshot.rollouts, members };
  // What becomes of a rollout by that does not depend on the time.
  for (const { name } of hosts)
    [rollouts] = rolloutStep(rollouts, { type: "published", host: name, generation: id }, 0);
  const after = { ...snapshot, rollouts };
  return hosts.flatMap((host) => {
    const { generation, because } = chooseGeneration(host, undefined, after);
    const member = members.get(host.name);
    if (generation?.id === id || member === undefined) return [];
    const { scope, policy } = member;
    return {
      ...{ host: host.name, scope, because },
      ...(generation === undefined ? {} : { instead: generation.id }),
      ...(policy.strategy === "canary" ? { canaries: policy.canaries } : {}),
      ...(policy.strategy === "window" ? { window: policy.window } : {}),
    };
  });
}

/** The table as it is where it knows these hosts: a thousand images that are found at the start make no thousand copies. */
function withOwn(hosts: readonly Host[], { rollouts, defaultHost }: Snapshot): Rollouts["members"] {
  const { members } = rollouts;
  // The rollouts may not have heard of the latest configuration yet.
  if (hosts.every(({ name }) => members.has(name))) return members;
  const own = new Map(hosts.map((host) => [host.name, host] as const));
  return new Map([...members, ...membersOf(own, defaultHost)]);
}
