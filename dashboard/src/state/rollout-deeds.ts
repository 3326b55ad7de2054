/** What can be wanted of rollouts, each with what it will do. Pure. */

import type { RolloutView } from "../../../src/web/schema/rollouts.ts";
import { type Call, type Deed, type Whom, whomText } from "./deed.ts";
import { badText, generationText, type NamedGeneration } from "./generation-words.ts";
import { isAsShown } from "./rollout-state.ts";

const RUNNING = "What runs now goes on as it is until it restarts.";

function call(whom: Whom, verb: string, body: unknown = {}): Call {
  return { method: "POST", path: `${pathOf(whom)}/${verb}`, body };
}

/** Where what is decided by stands. */
function pathOf({ name }: Whom): string {
  return `/rollouts/${encodeURIComponent(name)}`;
}

/**
 * The deed, as long as what is rolled out is what its words were made from.
 *
 * @param shown - of each host that the page has told of
 */
export function whileAsShown(deed: Deed, shown: readonly RolloutView[]): Deed {
  const isStillSo = (now: unknown) => isAsShown(shown, (now as Rollouts).rollouts);
  return { ...deed, isAsShown: isStillSo };
}

/** What stands at a rollout's path. */
interface Rollouts {
  readonly rollouts: readonly RolloutView[];
}

/** @param to - absent: the good one before */
export function rollbackDeed(whom: Whom, to?: NamedGeneration, from?: NamedGeneration): Deed {
  const who = whomText(whom);
  const what = to === undefined ? "the last good generation before" : generationText(to);
  const left = from === undefined ? "what it gets now" : generationText(from);
  return {
    title: `Roll ${whom.name} back`,
    says: [
      `From its next boot on, ${who} gets ${what} instead of ${left}.`,
      RUNNING,
      "What it leaves is marked as rolled back, and is not given again unless you promote it; what is published later is.",
    ],
    verb: to === undefined ? "Roll back" : `Roll back to ${to.number}`,
    calls: [call(whom, "rollback", to === undefined ? {} : { generation: String(to.number) })],
    versionPath: pathOf(whom),
    done: `${whom.name} is rolled back: its next boot gets ${what}.`,
  };
}

/** @param generation - absent: what it gets now */
export function pinDeed(whom: Whom, generation?: NamedGeneration): Deed {
  const what = generation === undefined ? "what it gets now" : generationText(generation);
  return {
    title: `Pin ${whom.name}`,
    says: [
      `From its next boot on, ${whomText(whom)} gets ${what}, whatever is published, until it is unpinned.`,
      RUNNING,
    ],
    verb: "Pin",
    calls: [call(whom, "pin", generation === undefined ? {} : { generation: String(generation.number) })],
    versionPath: pathOf(whom),
    done: `${whom.name} is pinned to ${what}.`,
  };
}

export function unpinDeed(whom: Whom): Deed {
  return {
    title: `Unpin ${whom.name}`,
    says: [`The next boot of ${whomText(whom)} gets what is rolled out again.`, RUNNING],
    verb: "Unpin",
    calls: [call(whom, "unpin")],
    versionPath: pathOf(whom),
    done: `${whom.name} is not pinned any more.`,
  };
}

/** @param what - the new one, as in a sentence. @param bad - why it is marked bad, where it is */
export function promoteDeed(whom: Whom, what: string, bad?: string): Deed {
  return {
    title: `Promote for ${whom.name}`,
    says: [
      `From now on every boot of ${whomText(whom)} gets ${what}, without waiting for anything.`,
      ...(bad === undefined ? [] : [`It is marked bad: ${badText(bad)}. It is given all the same.`]),
      RUNNING,
    ],
    verb: "Promote",
    calls: [call(whom, "promote")],
    versionPath: pathOf(whom),
    done: `${whom.name}: everybody gets ${what}.`,
  };
}

export function holdDeed(whom: Whom): Deed {
  return {
    title: `Hold ${whom.name}`,
    says: [
      `From now on no boot of ${whomText(whom)} takes a new generation, until it is released.`,
      "A machine that has taken one already keeps it.",
    ],
    verb: "Hold",
    calls: [call(whom, "hold")],
    versionPath: pathOf(whom),
    done: `${whom.name} is held.`,
  };
}

export function releaseDeed(whom: Whom): Deed {
  return {
    title: `Release ${whom.name}`,
    says: [`Boots of ${whomText(whom)} take new generations again, as its rollout has it.`, RUNNING],
    verb: "Release",
    calls: [call(whom, "release")],
    versionPath: pathOf(whom),
    done: `${whom.name} is not held any more.`,
  };
}

/** @param mac - of the machine that is meant; absent: the first one of the host that asks */
export function onceDeed(host: string, generation: NamedGeneration, mac?: string): Deed {
  const what = generationText(generation);
  const who = mac === undefined ? host : `${mac} (${host})`;
  const body = { generation: String(generation.number), ...(mac === undefined ? {} : { mac }) };
  return {
    title: `Boot ${who} once with another generation`,
    says: [
      `The next boot of ${who} gets ${what}; the one after it gets what every boot gets.`,
      "It says nothing about that generation, good or bad, to anybody else.",
    ],
    verb: "Boot it once",
    calls: [call({ name: host }, "once", body)],
    versionPath: pathOf({ name: host }),
    done: `The next boot of ${who} gets ${what}, once.`,
  };
}

export function notOnceDeed(host: string, what: string, mac?: string): Deed {
  const query = mac === undefined ? "" : `?mac=${encodeURIComponent(mac)}`;
  return {
    title: `Take back the one-time image of ${host}`,
    says: [`The next boot of ${mac ?? host} gets what every boot gets, and not ${what}.`],
    verb: "Take back",
    calls: [{ method: "DELETE", path: `${pathOf({ name: host })}/once${query}` }],
    versionPath: pathOf({ name: host }),
    done: `The next boot of ${mac ?? host} gets what every boot gets.`,
  };
}
