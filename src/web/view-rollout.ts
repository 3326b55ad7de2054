/** Rollouts as the API shows them. Pure. */

import type { Host } from "../boot/host.ts";
import { admit, chooseGeneration } from "../boot/rollout/choose-generation.ts";
import { becauseText } from "../boot/rollout/describe-rollout.ts";
import type { HeldBack } from "../boot/rollout/held-back.ts";
import { scopeOfHost } from "../boot/rollout/members.ts";
import { DEFAULT_POLICY } from "../boot/rollout/policy.ts";
import { settledOf, trackOf } from "../boot/rollout/rollout.ts";
import type { Snapshot } from "../boot/snapshot.ts";
import { isoTime, present } from "./present.ts";
import type { HeldBackView, RolloutView } from "./schema/rollouts.ts";

export function viewRollout(host: Host, snapshot: Snapshot): RolloutView {
  const { rollouts } = snapshot;
  const { name, group } = host;
  const { newest, candidate, settled, proven, bad, pin } = trackOf(rollouts, name);
  const { generation, because } = chooseGeneration(host, undefined, snapshot);
  const reason = becauseText(because);
  const last = settledOf({ ...trackOf(rollouts, name) });
  const { strategy, canaries } = host.rollout ?? DEFAULT_POLICY;
  const heldBy = viewHolds(host, snapshot);
  const admission = admit(rollouts, name, undefined);
  return {
    host: name,
    ...(group === undefined ? {} : { group }),
    strategy,
    ...(generation === undefined ? {} : { gives: generation.id }),
    ...(reason === undefined ? {} : { because: reason }),
    ...(newest === undefined ? {} : { newest }),
    ...(candidate === undefined ? {} : { candidate }),
    ...(admission.type === "waits" ? { waitsFor: admission.reason } : {}),
    ...(strategy === "canary" ? { canaries } : {}),
    settled: [...settled],
    isProven: last !== undefined && proven.includes(last),
    bad: bad.map((each) => ({ generation: each.generation, reason: each.reason, at: isoTime(each.atMs) })),
    ...(pin === undefined ? {} : { pin }),
    held: heldBy.length > 0,
    heldBy,
    trials: viewTrials(name, snapshot),
    once: viewOnces(name, snapshot),
  };
}

/** With what it gets meanwhile, and why. */
export function viewHeldBack({ host, because, instead, canaries }: HeldBack): HeldBackView {
  const waitsFor = because.type === "waiting" ? because.reason : undefined;
  return { host, ...present({ gives: instead, because: becauseText(because), waitsFor, canaries }) };
}

function viewHolds({ name, group }: Host, { rollouts: { held } }: Snapshot): RolloutView["heldBy"] {
  const isGroupHeld = group !== undefined && held.has(scopeOfHost({ name, group }));
  return [...(held.has(`host:${name}`) ? ["host" as const] : []), ...(isGroupHeld ? ["group" as const] : [])];
}

function viewTrials(host: string, { rollouts: { trials } }: Snapshot): RolloutView["trials"] {
  return [...trials]
    .filter(([, trial]) => trial.host === host)
    .map(([mac, { generation, place, state, strikes, sinceMs }]) => ({
      ...{ mac, generation, place, state, strikes, since: isoTime(sinceMs) },
    }));
}

function viewOnces(host: string, { rollouts: { onces } }: Snapshot): RolloutView["once"] {
  return [...onces]
    .filter(([, once]) => once.host === host)
    .map(([key, { generation, taken }]) => {
      const mac = taken?.mac ?? (key.startsWith("mac:") ? key.slice(4) : undefined);
      return { generation, ...(mac === undefined ? {} : { mac }), taken: taken !== undefined };
    });
}
