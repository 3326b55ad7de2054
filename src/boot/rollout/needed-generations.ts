/** Which generations rollouts cannot do without: whoever keeps bytes keeps these. */

import type { GenerationId } from "../generation.ts";
import type { HostName } from "../host.ts";
import type { Rollouts } from "./rollout.ts";

/** So many generations back there is a way, unless the operator wants another number. */
export const ROLLBACK_DEPTH = 3;

/**
 * What hosts get, may get next, are pinned to or go back to.
 *
 * @param depth - how many generations back there is to be a way for each host
 * @param hosts - which ones; those of the configuration by default
 */
export function neededGenerations(
  rollouts: Rollouts,
  depth = ROLLBACK_DEPTH,
  hosts: Iterable<HostName> = rollouts.members.keys(),
): ReadonlySet<GenerationId> {
  const needed = new Set<GenerationId>();
  const add = (id: GenerationId | undefined) => id !== undefined && needed.add(id);
  for (const host of hosts) {
    const track = rollouts.tracks.get(host);
    if (track === undefined) continue;
    for (const id of track.settled.slice(-1 - depth)) add(id);
    add(track.newest);
    add(track.candidate);
    add(track.pin);
  }
  for (const { generation } of rollouts.onces.values()) add(generation);
  return needed;
}
