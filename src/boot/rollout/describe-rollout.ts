/** Words for rollouts: what came of one, and why a machine gets what it gets. Pure. */

import type { Description } from "../description.ts";
import type { Because, WaitReason } from "./choose-generation.ts";
import type { BadReason, Scope } from "./rollout.ts";
import type { RolloutNews } from "./rollout-event.ts";

/** One line for the log; what went wrong comes with the cure. */
export function describeRollout(news: RolloutNews): Description {
  return { level: levelOf(news), text: `${scopeText(news)}: ${newsText(news)}` };
}

function levelOf({ change }: RolloutNews): Description["level"] {
  switch (change) {
    case "marked-bad":
    case "stays-bad":
      return "warn";
    case "waiting":
      // The line of its publishing, right before, says so too, and what the others get meanwhile.
      return "debug";
    default:
      return "info";
  }
}

function newsText(news: RolloutNews): string {
  const { change, generation = "", mac = "", waitsFor } = news;
  switch (change) {
    case "waiting":
      return `${generation} ${waitsFor === undefined ? "waits" : waitText(waitsFor)}`;
    case "canary":
      return `${mac} is a canary of ${generation}`;
    case "place-freed":
      return `${mac} is no canary of ${generation} any more: it has not had all of it, and was away for a day; the next machine that asks may be one`;
    case "settled":
      return `${generation} is up${mac === "" ? "" : ` on ${mac}`}, and everybody gets it`;
    case "marked-bad":
      return badText(news);
    case "stays-bad":
      return `${generation} was published again, and is not given: ${reasonText(news.reason)}; 'mayfly promote ${nameOf(news.scope)}' gives it all the same`;
    case "rolled-back":
      return `back to ${generation}`;
    case "pinned":
      return `pinned to ${generation}`;
    case "unpinned":
      return "not pinned any more";
    case "promoted":
      return `${generation} is promoted: everybody gets it`;
    case "held":
      return "held: no machine takes a new generation";
    case "released":
      return "not held any more";
    case "boot-once":
      return `the next boot${mac === "" ? "" : ` of ${mac}`} gets ${generation}, once`;
    case "not-once":
      return "the next boot gets what every boot gets";
  }
}

/** Told once, with the way out. */
function badText({
  scope,
  generation,
  mac,
  reason,
  instead,
  stopped = [],
  faults = [],
}: RolloutNews): string {
  const what = faults.length === 0 ? "" : ` (${faults.join(", ")})`;
  const then =
    instead === undefined
      ? "there is none that was ever good, so machines go on getting the newest; build a better one"
      : `${instead} is given instead; build a better one, or 'mayfly promote ${nameOf(scope)}' gives it all the same`;
  const others =
    stopped.length === 0 ? "" : `; the new generations of ${stopped.join(", ")} are stopped with it`;
  return `${generation} is marked bad: ${mac} ${reasonText(reason)}${what}${others}; ${then}`;
}

/** Goes on from the name of a machine, or from `a machine`. */
export function reasonText(reason: BadReason | undefined): string {
  switch (reason) {
    case "no-check-in":
      return "has not said in time that it is up";
    case "boot-loop":
      return "began to boot it again and again";
    case "unwell":
      return "came up with new faults";
    case "stopped":
      return "another generation of its group's rollout was bad";
    case "rolled-back":
      return "it was rolled back";
    case undefined:
      return "it is bad";
  }
}

function waitText(reason: WaitReason): string {
  switch (reason) {
    case "canary":
      return "goes to its canaries first";
    case "window":
      return "waits for its hours";
    case "manual":
      return "waits to be promoted";
    case "held":
      return "waits to be released";
    case "unkept":
      return "waits until the state folder can be written";
  }
}

/** Why a machine gets what it gets; `undefined` where that needs no word: it is the newest. */
export function becauseText(because: Because): string | undefined {
  switch (because.type) {
    case "newest":
      return undefined;
    case "once":
      return "the operator wants it for this one boot";
    case "pinned":
      return "it is pinned";
    case "candidate":
      return because.by === "canary" ? "it is new, and this machine is a canary of it" : "it is new";
    case "waiting":
      return `${because.candidate} is newer, and ${waitText(because.reason)}`;
    case "bad":
      return `${because.bad.generation} is newer, and not given: ${badReasonText(because.bad.reason)}`;
    case "nothing-better":
      return `it is marked bad (${badReasonText(because.bad.reason)}), and there is none that was ever good`;
    case "gone":
      return `${because.wanted} is not there any more`;
  }
}

/** A sentence of its own. */
export function badReasonText(reason: BadReason): string {
  const isAboutMachine = reason === "no-check-in" || reason === "boot-loop" || reason === "unwell";
  return isAboutMachine ? `a machine ${reasonText(reason)}` : reasonText(reason);
}

function nameOf(scope: Scope): string {
  return scope.slice(scope.indexOf(":") + 1);
}

function scopeText({ scope, hosts }: RolloutNews): string {
  const [only, ...others] = hosts;
  if (scope.startsWith("host:")) return nameOf(scope);
  return only !== undefined && others.length === 0
    ? `${only} (group ${nameOf(scope)})`
    : `group ${nameOf(scope)}`;
}
