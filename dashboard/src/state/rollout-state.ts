/** Rollouts that are under way: what is new, how far it has got, and whom it waits for. Pure. */

import type { RolloutView } from "../../../src/web/schema/rollouts.ts";
import type { Whom } from "./deed.ts";

/** A candidate on its way, or one that is held back, of a host alone or of a group. */
export interface RolloutPanel {
  readonly whom: Whom;
  /** What is new; several where the hosts of a group have images of their own. */
  readonly candidates: readonly string[];
  /** Of those that are to try it first, how many there are to be and how many are up; absent: it has no canaries. */
  readonly canaries?: { readonly wanted: number; readonly good: number };
  readonly trials: readonly Trial[];
  /** Hosts that get something older meanwhile. */
  readonly waiting: readonly string[];
  readonly waitsFor?: RolloutView["waitsFor"];
  /** By a hold of its own: of the group, or of the host that is alone. */
  readonly isHeld: boolean;
  /** Hosts of a group that are held each by itself, whatever the group is. */
  readonly heldHosts: readonly string[];
  /** What all of this was made from. */
  readonly rollouts: readonly RolloutView[];
}

export interface Trial extends Pick<RolloutView["trials"][number], "mac" | "state" | "strikes" | "since"> {
  readonly host: string;
  readonly isCanary: boolean;
}

/** Those under way or held, a group as one; by name. */
export function rolloutPanels(rollouts: readonly RolloutView[]): readonly RolloutPanel[] {
  const together = Map.groupBy(rollouts, ({ group, host }) =>
    group === undefined ? `1 ${host}` : `0 ${group}`,
  );
  const panels = [...together.values()].flatMap((members) => panelOf(members) ?? []);
  return panels.sort((a, b) => (a.whom.name < b.whom.name ? -1 : 1));
}

/** Without hosts alone whose next boot simply gets what is new. */
export function worthTelling(panels: readonly RolloutPanel[]): readonly RolloutPanel[] {
  return panels.filter(
    ({ whom, waitsFor, isHeld }) => whom.hosts !== undefined || waitsFor !== undefined || isHeld,
  );
}

function panelOf(members: readonly RolloutView[]): RolloutPanel | undefined {
  const open = members.filter(({ candidate }) => candidate !== undefined);
  const [first] = members;
  if (first === undefined) return undefined;
  const isHeld = members.some(({ heldBy }) => heldBy.includes(first.group === undefined ? "host" : "group"));
  const heldAlone = first.group === undefined ? [] : members.filter(({ heldBy }) => heldBy.includes("host"));
  if (open.length === 0 && heldAlone.length === 0 && !isHeld) return undefined;
  const trials = open.flatMap(({ host, candidate, trials: all }) =>
    all
      .filter(({ generation, place }) => generation === candidate && place !== "once")
      .map(({ mac, state, strikes, since, place }) => ({
        ...{ mac, state, strikes, since, host },
        isCanary: place === "canary",
      })),
  );
  const wanted = first.canaries;
  // What one host alone waits for is not what the group waits for, unless there is no other.
  const others = open.filter((each) => !heldAlone.includes(each));
  const asked = others.length === 0 ? open : others;
  const waitsFor = asked.find(({ waitsFor: reason }) => reason !== undefined)?.waitsFor;
  const has = new Set(trials.map(({ host }) => host));
  return {
    whom:
      first.group === undefined
        ? { name: first.host }
        : { name: first.group, hosts: members.map(({ host }) => host) },
    candidates: [...new Set(open.flatMap(({ candidate }) => candidate ?? []))],
    ...(wanted === undefined || open.length === 0 ? {} : { canaries: { wanted, good: goodOf(trials) } }),
    trials,
    waiting: open.flatMap(({ host, candidate, gives }) => (gives === candidate || has.has(host) ? [] : host)),
    ...(waitsFor === undefined ? {} : { waitsFor }),
    isHeld,
    heldHosts: heldAlone.map(({ host }) => host),
    rollouts: members,
  };
}

/** Whether what a person decides by is the same still; how far machines are with their boots is no part of it. */
export function isAsShown(shown: readonly RolloutView[], now: readonly RolloutView[]): boolean {
  const found = new Map(now.map((rollout) => [rollout.host, decidedBy(rollout)]));
  return shown.every((rollout) => found.get(rollout.host) === decidedBy(rollout));
}

function decidedBy({ newest, candidate, settled, bad, pin, heldBy }: RolloutView): string {
  const judged = bad.map(({ generation, reason }) => [generation, reason]);
  return JSON.stringify([newest, candidate, settled, judged, pin, heldBy]);
}

function goodOf(trials: readonly Trial[]): number {
  return trials.filter(({ isCanary, state }) => isCanary && state === "good").length;
}

const TRIAL: Readonly<Record<Trial["state"], string>> = {
  reserved: "is about to get it",
  given: "boots it",
  "handed-over": "has fetched it, and is not up yet",
  back: "began anew before it was up",
  good: "is up with it",
};

export function trialText({ state, strikes }: Trial): string {
  const times = strikes > 1 ? ` (${strikes} times)` : "";
  return `${TRIAL[state]}${state === "back" ? times : ""}`;
}

/** Whom or what it waits for, in a sentence. */
export function waitText(panel: RolloutPanel): string {
  const { waitsFor, canaries, trials, isHeld, candidates } = panel;
  if (candidates.length === 0) {
    return isHeld
      ? "Held: what is published next is given to nobody before it is released."
      : "Nothing new waits.";
  }
  switch (waitsFor) {
    case "held":
      return "Held: no machine takes it before it is released.";
    case "window":
      return "It waits for its hours; boots at other times get what is proven.";
    case "manual":
      return "It waits for somebody to promote it.";
    case "unkept":
      return "It waits until the server's state folder can be written.";
    case "canary":
      return canaryText(canaries ?? { wanted: 1, good: 0 }, trials);
    case undefined:
      return "The next boot gets it; it is everybody's for good as soon as one has come up with it.";
  }
}

function canaryText(
  { wanted, good }: { readonly wanted: number; readonly good: number },
  trials: readonly Trial[],
): string {
  const missing = wanted - trials.filter(({ isCanary }) => isCanary).length;
  const booting = trials.filter(({ isCanary, state }) => isCanary && state !== "good");
  const names = booting.map(({ host }) => host).join(", ");
  const next =
    missing <= 0
      ? undefined
      : `the next ${missing === 1 ? "machine" : `${missing} machines`} that boot${missing === 1 ? "s" : ""}`;
  const whom = [names === "" ? undefined : `${names} to be up`, next].filter(Boolean).join(", and for ");
  return `${good} of ${wanted} ${wanted === 1 ? "canary is" : "canaries are"} up. It waits for ${whom === "" ? "what becomes of them" : whom}.`;
}
