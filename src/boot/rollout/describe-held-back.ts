/** Words for a generation that was published and that not every boot gets. Pure. */

import type { HostName, ImageName } from "../host.ts";
import type { WaitReason } from "./choose-generation.ts";
import { badReasonText } from "./describe-rollout.ts";
import type { HeldBack } from "./held-back.ts";
import { formatOpenTime } from "./open-time.ts";
import type { Scope } from "./rollout.ts";

/** So many kinds of waiting stand in one line, and so many hosts with each of them. */
const MOST = 3;

/**
 * Who gets it and when, and what the others get meanwhile; goes on from the name of the generation.
 *
 * @param image - where a host has its name, it is known from what stands before
 * @param heldBack - one at least
 */
export function heldBackText(image: ImageName, heldBack: readonly HeldBack[]): string {
  const isNamed = heldBack.length > 1 || heldBack[0]?.host !== image;
  const kinds = [...Map.groupBy(heldBack, kindOf).values()];
  const others = kinds.slice(MOST).flat().length;
  return [
    ...kinds.slice(0, MOST).map((alike) => kindText(alike, isNamed)),
    ...(others === 0
      ? []
      : [`${countText(others)} ${others === 1 ? "does" : "do"} not get it yet either ('mayfly rollouts')`]),
  ].join("; ");
}

/** What else than its name is told of a host. */
function kindOf({ host: _name, ...rest }: HeldBack): string {
  return JSON.stringify(rest);
}

function kindText(alike: readonly HeldBack[], isNamed: boolean): string {
  const [held, ...more] = alike;
  if (held === undefined) return "";
  const hosts = alike.map(({ host }) => host);
  // Several of a kind are of one group, which commands take as well.
  const whom = more.length === 0 ? held.host : nameOf(held.scope);
  return `${whyText(held, isNamed ? ` on ${hostsText(hosts)}` : "", whom)}; ${meanwhileText(held)}`;
}

function hostsText(hosts: readonly HostName[]): string {
  const [last = "", ...rest] = hosts.toReversed();
  if (rest.length === 0) return last;
  return hosts.length <= MOST
    ? `${rest.toReversed().join(", ")} and ${last}`
    : `${hosts.slice(0, MOST - 1).join(", ")} and ${countText(hosts.length - MOST + 1)}`;
}

/** @param count - one at least */
function countText(count: number): string {
  return count === 1 ? "one other host" : `${count} other hosts`;
}

function whyText(held: HeldBack, whose: string, whom: string): string {
  const { because } = held;
  switch (because.type) {
    case "waiting":
      return waitingText(held, because.reason, whose, whom);
    case "pinned":
      return `is there${whose}, and no boot gets it before 'mayfly unpin ${whom}'`;
    case "bad":
    case "nothing-better":
      return `is there${whose} and not given: ${badReasonText(because.bad.reason)}; 'mayfly promote ${whom}' gives it all the same`;
    case "newest":
    case "once":
    case "candidate":
    case "gone":
      return `is there${whose}, and no boot gets it: its files are not there`;
  }
}

function waitingText(held: HeldBack, reason: WaitReason, whose: string, whom: string): string {
  const { scope, canaries = 1, window = [] } = held;
  switch (reason) {
    case "canary": {
      const machines = canaries === 1 ? "one machine" : `${canaries} machines`;
      return `goes to its canaries first${whose}, ${machines} of ${scopeName(scope)}, and to all others when it is up there`;
    }
    case "window":
      return `is for boots at its hours${whose} (${window.map(formatOpenTime).join(", ")})`;
    case "manual":
      return `waits${whose} for 'mayfly promote ${whom}'`;
    case "held":
      return `waits${whose} for 'mayfly release ${nameOf(scope)}'`;
    case "unkept":
      return `waits${whose} until the state folder can be written`;
  }
}

function meanwhileText({ instead, because }: HeldBack): string {
  const who = because.type === "waiting" && because.reason === "canary" ? "the others" : "boots";
  const what = instead ?? "nothing";
  return because.type === "waiting" ? `until then ${who} get ${what}` : `${who} get ${what}`;
}

/** As a sentence goes on: `group nodes`, `beta`. */
function scopeName(scope: Scope): string {
  return scope.startsWith("host:") ? nameOf(scope) : `group ${nameOf(scope)}`;
}

function nameOf(scope: Scope): string {
  return scope.slice(scope.indexOf(":") + 1);
}
