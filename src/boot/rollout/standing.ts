/** How far the new generation of a host has got, in one word. Pure. */

import type { Host } from "../host.ts";
import type { Snapshot } from "../snapshot.ts";
import { chooseGeneration, type WaitReason } from "./choose-generation.ts";

/**
 * What a machine gets of which nothing is known.
 *
 * - `newest`: what was published last, and everybody's
 * - `candidate`: the same, and none has come up with it yet
 * - `canary`, `window`, `manual`, `held`, `unkept`: an older one, while the newest waits for that
 * - `bad`: an older one, the newest being marked bad
 * - `nothing-better`: the newest, which is bad, for want of a good one
 * - `gone`: an older one, since the right one's files are not there
 * - `pinned`: what the operator wants
 * - `none`: nothing yet
 */
export type Standing = (typeof STANDINGS)[number];

export const STANDINGS = [
  ...(["newest", "candidate", "canary", "window", "manual", "held", "unkept"] as const),
  ...(["bad", "nothing-better", "gone", "pinned", "none"] as const),
] as const satisfies readonly (WaitReason | string)[];

export function standingOf(host: Host, snapshot: Snapshot): Standing {
  const { generation, because } = chooseGeneration(host, undefined, snapshot);
  if (generation === undefined) return "none";
  if (because.type === "waiting") return because.reason;
  // Nobody in particular has a generation for one boot alone.
  return because.type === "once" ? "newest" : because.type;
}
