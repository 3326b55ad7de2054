/** What a command about rollouts goes by, as one text. Pure. */

import type { Target } from "../boot/rollout/members.ts";
import { type Rollouts, trackOf } from "../boot/rollout/rollout.ts";

/**
 * Another text as soon as something is other that an operator decides by: what is new, good and bad of each
 * host, what is pinned, held and meant for one boot. How far a machine is with a boot is no part of it, else
 * nothing could be steered while machines boot.
 */
export function rolloutsVersion({ scope, hosts }: Target, rollouts: Rollouts): string {
  const { held, onces, members } = rollouts;
  const each = hosts.map((host) => {
    const { newest, candidate, settled, proven, bad, pin } = trackOf(rollouts, host);
    const holds = [`host:${host}` as const, members.get(host)?.scope ?? scope].map((name) => held.get(name));
    const once = [...onces]
      .filter(([, { host: whose }]) => whose === host)
      .map(([key, { generation, taken }]) => [key, generation, taken?.mac]);
    const judged = bad.map(({ generation, reason }) => [generation, reason]);
    return { host, newest, candidate, settled, proven, bad: judged, pin, holds, once };
  });
  return JSON.stringify(each);
}
