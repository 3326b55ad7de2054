/** What a Linux that runs would load in its place: the one decision, asked by a machine that is up. */

import type { Mac } from "../../wire/net/mac.ts";
import type { BootClient } from "../client.ts";
import { type BootDecision, decide, decideAs, misfit } from "../decide.ts";
import type { GenerationId } from "../generation.ts";
import type { GroupName, Host } from "../host.ts";
import { explainRefusal } from "../script/refusal.ts";
import type { Snapshot } from "../snapshot.ts";
import type { KexecQuestion } from "./kexec-question.ts";

/** Why a machine is not to go on, and what mends it. */
export interface Lack {
  readonly what: string;
  readonly cure: string;
  /** The operator may know better. */
  readonly isDoubt?: true;
}

export interface KexecDecision {
  /** What was decided for which machine; absent when it was not told which machine, or which host. */
  readonly asked?: { readonly client: BootClient; readonly decision: BootDecision };
  readonly lacks: readonly Lack[];
}

/**
 * Decides what the machine would load. Pure.
 *
 * @param named - the generation that the wish's number means; absent: it names one by its id
 */
export function decideKexec(
  question: KexecQuestion,
  snapshot: Snapshot,
  named: GenerationId | undefined = question.wish.generation,
): KexecDecision {
  const { mac, isa } = question;
  if (mac === undefined) return { lacks: [unknownMac(question)] };
  const client: BootClient = { mac, stage: "kexec", ...(isa === undefined ? {} : { isa }) };
  const host = kexecHost(question, snapshot);
  if (!("name" in host)) return { lacks: [host] };
  const doubts = otherMachine(host, mac, question, snapshot);
  const decision = decideFor(host, client, named, snapshot);
  if (!("type" in decision)) return { lacks: [...doubts, decision] };
  const refused =
    decision.type === "refused" || decision.type === "silent"
      ? [refusalLack(explainRefusal(decision.reason, client, host, snapshot))]
      : [];
  return { asked: { client, decision }, lacks: [...doubts, ...refused] };
}

function unknownMac({ badMac }: KexecQuestion): Lack {
  return {
    what:
      badMac === undefined
        ? "it was not told which machine this is"
        : `'${badMac}' is no Ethernet address, so there is no telling which machine this is`,
    cure: "give the MAC address of its network card: '--mac 52:54:00:12:34:56'",
  };
}

/** The host that the machine is to become, or why there is none. */
export function kexecHost(question: KexecQuestion, snapshot: Snapshot): Host | Lack {
  const { wish, mac } = question;
  const named = wish.host === undefined ? undefined : snapshot.hosts.get(wish.host);
  if (wish.host !== undefined && named === undefined) return unknownHost(wish.host);
  if (wish.group !== undefined) return memberOf(wish.group, question, snapshot);
  if (named !== undefined) return named;
  if (mac === undefined) return unknownMac(question);
  const decision = decide({ mac, stage: "kexec" }, snapshot);
  const host = "host" in decision ? decision.host : undefined;
  return (
    host ?? {
      what: `no host has the MAC address of this machine, ${mac}`,
      cure: "give it to a host on the server, or name the host: '/kexec/HOST'",
    }
  );
}

/** Of a group only the host that has this machine: any other one is another machine. */
function memberOf(group: GroupName, question: KexecQuestion, snapshot: Snapshot): Host | Lack {
  const { mac, wish } = question;
  if (mac === undefined) return unknownMac(question);
  const host = snapshot.hosts.get(snapshot.hostByMac.get(mac) ?? "");
  if (host?.group === group && (wish.host === undefined || wish.host === host.name)) return host;
  const who =
    wish.host === undefined ? `no host of group ${group}` : `${wish.host} is not of group ${group}, or`;
  return {
    what:
      wish.host === undefined
        ? `${who} has the MAC address of this machine, ${mac}`
        : `${who} does not have the MAC address of this machine, ${mac}`,
    cure: "give it to one in the configuration of the server",
  };
}

/** For a path that names a host that there is not. */
export function unknownHost(name: string): Lack {
  return { what: `no host is called ${name}`, cure: "'mayfly hosts' on the server lists them" };
}

/**
 * A host that two machines are at the same time does harm (two validators with one key), so a machine
 * that another host has, or whose address the host does not have, is asked about.
 */
function otherMachine(host: Host, mac: Mac, { force }: KexecQuestion, snapshot: Snapshot): readonly Lack[] {
  if (force || host.macs.includes(mac)) return [];
  const owner = snapshot.hostByMac.get(mac);
  if (owner === undefined && host.macs.length === 0) return [];
  const whose = owner === undefined ? "no host's" : `host ${owner}'s`;
  return [
    {
      what: `${host.name} has another machine: the MAC address ${mac} is ${whose}`,
      cure:
        owner === undefined
          ? `give it to ${host.name} in the configuration`
          : `start /kexec/${owner} on this machine`,
      isDoubt: true,
    },
  ];
}

function decideFor(
  host: Host,
  client: BootClient,
  named: GenerationId | undefined,
  snapshot: Snapshot,
): BootDecision | Lack {
  if (named === undefined) return decideAs(host, client, snapshot);
  const generation = snapshot.generations.get(named);
  if (generation === undefined) {
    return {
      what: `generation ${named} of ${host.name} is not kept, or never was`,
      cure: `'mayfly generations ${host.name}' on the server lists them`,
    };
  }
  const problem = misfit(generation, client);
  return problem === undefined
    ? { type: "script", host, generation }
    : { type: "refused", host, reason: problem };
}

/** The last sentence of a refusal says what to do. */
function refusalLack(sentences: readonly string[]): Lack {
  const words = sentences.map((sentence) =>
    sentence.replace(/^(Mayfly|On the server): /, "").replace(/\.$/, ""),
  );
  return { what: words.slice(0, -1).join("; "), cure: `on the server: ${words.at(-1)}` };
}
