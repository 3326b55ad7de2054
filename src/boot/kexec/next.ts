/** What a machine is told that asks which generation it should run: to stay, to wait, or to go. */

import type { Mac } from "../../wire/net/mac.ts";
import type { BootClient } from "../client.ts";
import { decideAs } from "../decide.ts";
import type { Generation, GenerationId } from "../generation.ts";
import type { Host } from "../host.ts";
import { chooseGeneration } from "../rollout/choose-generation.ts";
import { becauseText } from "../rollout/describe-rollout.ts";
import { explainSilence } from "../script/refusal.ts";
import type { Snapshot } from "../snapshot.ts";
import type { TurnWait } from "./turns.ts";

/** What a machine runs, as its token proves. */
export interface Running {
  readonly mac: Mac;
  /** Absent: there is no such host any more. */
  readonly host?: Host;
  readonly isa?: BootClient["isa"];
  isOf(generation: GenerationId): boolean;
}

export type Due =
  /** It should run this one, and runs another. */
  | { readonly type: "due"; readonly host: Host; readonly generation: Generation }
  | { readonly type: "stay"; readonly why: string };

export type NextAnswer =
  | { readonly type: "stay"; readonly why: string }
  | { readonly type: "wait"; readonly why: TurnWait | "unkept" | "changed" }
  | { readonly type: "go"; readonly host: Host; readonly mac: Mac };

/**
 * Which generation a machine should run, as a boot of it would get it.
 *
 * A place among the canaries that is free counts as its own: it is taken before the machine is told to go,
 * and asked again then.
 */
export function dueGeneration(running: Running | undefined, snapshot: Snapshot): Due {
  if (running === undefined) return stay("it does not tell by a token of this server what it runs");
  const { mac, host, isa } = running;
  if (host === undefined) return stay("there is no such host any more");
  const decision = decideAs(host, { mac, stage: "kexec", ...(isa === undefined ? {} : { isa }) }, snapshot);
  if (decision.type === "script") {
    const { generation } = decision;
    if (!running.isOf(generation.id)) return { type: "due", host, generation };
    const because = becauseText(chooseGeneration(host, mac, snapshot).because);
    return stay(`it runs ${generation.id}${because === undefined ? "" : `: ${because}`}`);
  }
  if (decision.type !== "refused" && decision.type !== "silent")
    return stay("there is nothing for it to load");
  return stay(explainSilence(decision.reason, { mac, stage: "kexec" }, host.name));
}

function stay(why: string): Due {
  return { type: "stay", why };
}

/** In seconds; a machine adds something of its own, so that they do not ask together. */
const ASK_AGAIN = { stay: 300, wait: 60 } as const;

/** One line for the machine: `stay SECONDS WHY`, `wait SECONDS WHY`, `go HOST MAC`. */
export function formatNext(answer: NextAnswer): string {
  switch (answer.type) {
    case "stay":
      return `stay ${ASK_AGAIN.stay} ${oneLine(answer.why)}\n`;
    case "wait":
      return `wait ${ASK_AGAIN.wait} ${oneLine(waitText(answer.why))}\n`;
    case "go":
      return `go ${answer.host.name} ${answer.mac}\n`;
  }
}

/** Names no other host: whoever asks may be anybody. */
function waitText(why: TurnWait | "unkept" | "changed"): string {
  if (why === "changed") return "what it should run became another one in this moment";
  if (why === "unkept") return "the server cannot keep that it is its turn";
  switch (why.type) {
    case "others":
      return `${why.restarting.length} of its group restart now, as many as may`;
    case "queue":
      return `${why.ahead} asked before it`;
    case "lost":
      return "one of its group did not come back with this generation; restarting any of them by hand shows whether it boots";
    case "missed":
      return "it had its turn, and runs as before; it gets another one within the hour";
    case "never":
      return "none of its group restarts by itself ('maxRebooting: 0')";
  }
}

function oneLine(text: string): string {
  return text.replaceAll(/\p{Cc}+/gu, " ");
}
