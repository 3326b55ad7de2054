/** Words for a generation that was published and that not every boot gets. Pure. */

import type { WaitReason } from "./choose-generation.ts";
import { badReasonText } from "./describe-rollout.ts";
import type { HeldBack } from "./held-back.ts";
import { formatOpenTime } from "./open-time.ts";
import type { Scope } from "./rollout.ts";

/**
 * Who gets it and when, and what the others get meanwhile; goes on from the name of the generation.
 *
 * @param isNamed - the host is not known from what stands before
 */
export function heldBackText(held: HeldBack, isNamed: boolean): string {
  const whose = isNamed ? ` on ${held.host}` : "";
  return `${whyText(held, whose)}; ${meanwhileText(held)}`;
}

function whyText({ because, scope, host, canaries = 1, window = [] }: HeldBack, whose: string): string {
  switch (because.type) {
    case "waiting":
      return waitingText(because.reason, whose, { host, scope, canaries, window });
    case "pinned":
      return `is there${whose}, and no boot gets it before 'mayfly unpin ${host}'`;
    case "bad":
    case "nothing-better":
      return `is there${whose} and not given: ${badReasonText(because.bad.reason)}; 'mayfly promote ${host}' gives it all the same`;
    case "newest":
    case "once":
    case "candidate":
    case "gone":
      return `is there${whose}, and no boot gets it: its files are not there`;
  }
}

type Who = Required<Pick<HeldBack, "host" | "scope" | "canaries" | "window">>;

function waitingText(reason: WaitReason, whose: string, { host, scope, canaries, window }: Who): string {
  switch (reason) {
    case "canary": {
      const machines = canaries === 1 ? "one machine" : `${canaries} machines`;
      return `goes to its canaries first${whose}, ${machines} of ${scopeName(scope)}, and to all others when it is up there`;
    }
    case "window":
      return `is for boots at its hours${whose} (${window.map(formatOpenTime).join(", ")})`;
    case "manual":
      return `waits${whose} for 'mayfly promote ${host}'`;
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
