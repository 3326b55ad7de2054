/** What Mayfly sends, and why it sends this and nothing else, in words. */

import { OPTION } from "../../wire/dhcp/option.ts";
import type { DhcpPacket } from "../../wire/dhcp/packet.ts";
import { decodePxeVendorOptions } from "../../wire/dhcp/pxe-vendor.ts";
import { LIMITED_BROADCAST, UNSPECIFIED } from "../../wire/net/ipv4.ts";
import type { BootClient } from "../client.ts";
import { type BootDecision, decide } from "../decide.ts";
import { isIpxe } from "../dhcp/identify.ts";
import { type DhcpPort, messageType } from "../dhcp/reply-type.ts";
import { type Machine, rememberedOf, variantFor } from "../ladder/machine.ts";
import { describeVariant, type OfferVariant, offerKind, variantsOf } from "../ladder/offer-variant.ts";
import type { Peer } from "../peer.ts";
import type { ProgramPick } from "../program/program-wish.ts";
import { explainStranger } from "../script/refusal.ts";
import type { Snapshot } from "../snapshot.ts";
import { type ExplainSite, fileWords, hostReason, readBoot, whySilent } from "./words.ts";

/** A request as it came. */
export interface HeardRequest {
  readonly packet: DhcpPacket;
  readonly port: DhcpPort;
  readonly from: Peer;
  /** Where it was sent to. */
  readonly to: Peer;
}

/** A request, explained. */
export interface RequestExplanation {
  /** Absent for what does not boot from the network. */
  readonly client?: BootClient;
  readonly decision?: BootDecision;
  /** What it is; a clause without who sent it. */
  readonly said: string;
  /** What Mayfly does; a clause. */
  readonly mayfly: string;
  /** Why it sends this and nothing else; a clause. Where it sends nothing, why stands with what it does. */
  readonly because?: string;
  /** What Mayfly sends, where it sends something. */
  readonly reply?: DhcpPacket;
}

/** What a netboot client is told, and in which form. */
export interface BootVerdict {
  readonly decision: BootDecision;
  /** Empty for the usual form. */
  readonly form: { readonly variant?: OfferVariant };
}

/** Asks the one decision, with what was learnt of the machine. */
export function decideHeard(
  heard: HeardRequest,
  client: BootClient,
  snapshot: Snapshot,
  { learnt }: ExplainSite,
): BootVerdict {
  const machine = learnt?.get(client.mac);
  const decision = decide(client, snapshot, machine === undefined ? {} : rememberedOf(machine));
  const variant = machine === undefined ? undefined : learntVariant(machine, heard, client, decision);
  return { decision, form: variant === undefined ? {} : { variant } };
}

/** The form that this machine's firmware was found to want; `undefined` for the usual one. */
function learntVariant(
  machine: Machine,
  { packet, port }: HeardRequest,
  client: BootClient,
  decision: BootDecision,
): OfferVariant | undefined {
  if (decision.type !== "chain") return undefined;
  const kind = offerKind(client, isIpxe(packet));
  const value = port === 4011 ? packet.options.get(OPTION.PXE_VENDOR) : undefined;
  const hasItem = value !== undefined && decodePxeVendorOptions(value).bootItem !== undefined;
  const variant = variantFor(machine, kind, { port, hasItem });
  return variant === variantsOf(kind)[0] ? undefined : variant;
}

/** Why the form is not the usual one; a sentence, or nothing. */
function learntWords({ variant }: BootVerdict["form"]): string {
  return variant === undefined
    ? ""
    : `. It is offered ${describeVariant(variant)}, since nothing came of the usual offer to this machine`;
}

/** Why nobody is told anything. */
export function silenceWords(client: BootClient, decision: BootDecision, snapshot: Snapshot): string {
  if (decision.type !== "silent") return "stays silent: its request asks for what nobody has (credentials)";
  return `stays silent (${decision.reason}): ${whySilent(decision.reason, client, decision.host, snapshot)}`;
}

/** A reply: what it gives, and to whom. */
export function replyWords(reply: DhcpPacket, goes: Peer, { packet, port }: HeardRequest): string {
  const to =
    goes.address === LIMITED_BROADCAST
      ? ""
      : packet.giaddr === goes.address
        ? ` to the relay ${goes.address}`
        : ` to ${goes.address} port ${goes.port}`;
  // What stands there in an answer to a choice from a menu is the client's own (Q4).
  const address = reply.yiaddr === UNSPECIFIED || port === 4011 ? "" : `the address ${reply.yiaddr} and `;
  return `sends an ${messageType(reply) ?? "answer"}${to}: ${address}${fileWords(readBoot(reply)) ?? fileless(reply)}`;
}

function fileless(reply: DhcpPacket): string {
  const isForPi = reply.options.has(OPTION.PXE_VENDOR);
  return isForPi ? `boot files of its own choice by TFTP from ${reply.siaddr}` : "nothing to boot";
}

/** Why it is this; a clause, and more sentences where it is not the usual. */
export function reasonWords(
  client: BootClient,
  { decision, form }: BootVerdict,
  packet: DhcpPacket,
  snapshot: Snapshot,
): string {
  return decisionWords(client, decision, packet, snapshot) + learntWords(form);
}

/** The host; for what is not given as usual, why; for a machine that cannot boot, what its screen says. */
function decisionWords(
  client: BootClient,
  decision: BootDecision,
  packet: DhcpPacket,
  snapshot: Snapshot,
): string {
  switch (decision.type) {
    case "chain": {
      const host =
        decision.host === undefined ? strangerWords(client) : hostReason(client, decision.host, snapshot);
      const whole = isIpxe(packet)
        ? "this iPXE has no HTTP or cannot start Linux, so it gets a whole one first, and "
        : "";
      return `${whole}${host}${pickWords(decision)}`;
    }
    case "firmware": {
      const who =
        decision.host === undefined ? strangerWords(client) : hostReason(client, decision.host, snapshot);
      const how = decision.boot === "uefi" ? "and what runs there then asks again" : "without UEFI";
      return `${who}. A Raspberry Pi finds its boot files by itself, by TFTP, ${how}`;
    }
    case "image":
      return `${hostReason(client, decision.host, snapshot)}, whose image is one file that the firmware starts itself`;
    case "script":
      return hostReason(client, decision.host, snapshot);
    case "stranger":
      return explainStranger(decision.policy, client);
    case "silent":
      return decision.host === undefined ? "" : hostReason(client, decision.host, snapshot);
    case "refused":
      return (
        `${hostReason(client, decision.host, snapshot)}. The script says on its screen why it cannot boot ` +
        `(${decision.reason}): ${whySilent(decision.reason, client, decision.host, snapshot)}`
      );
  }
}

function strangerWords({ mac }: BootClient): string {
  return `no host has ${mac}, and its screen is to say so ('unknown' in mayfly.yaml)`;
}

const PICKED_BY: Readonly<Record<NonNullable<ProgramPick["by"]>, string>> = {
  host: ". The host's own bootProgram asks for this program",
  nic: ". The rule for its network card (nics) asks for this program",
  memory: ". Another boot program died on this machine",
};

/** Why it is this boot program and not the best of its kind. */
function pickWords({ by, missing }: Extract<BootDecision, { type: "chain" }>): string {
  if (missing !== undefined) return `. Its boot program is to be ${missing}, which is not there`;
  return by === undefined ? "" : PICKED_BY[by];
}
