/** What a DHCP request is, in words, and what Mayfly answers to it: asked of the functions that answer it. */

import { OPTION } from "../../wire/dhcp/option.ts";
import type { DhcpPacket } from "../../wire/dhcp/packet.ts";
import { decodePxeVendorOptions } from "../../wire/dhcp/pxe-vendor.ts";
import { decodeVendorClass } from "../../wire/dhcp/vendor-class.ts";
import { decodeIpv4, LIMITED_BROADCAST, UNSPECIFIED } from "../../wire/net/ipv4.ts";
import type { BootClient } from "../client.ts";
import { type BootDecision, decide } from "../decide.ts";
import { answer } from "../dhcp/answer.ts";
import { destination } from "../dhcp/destination.ts";
import { identify, isIpxe } from "../dhcp/identify.ts";
import { type DhcpPort, messageType, replyType } from "../dhcp/reply-type.ts";
import type { Machine } from "../ladder/machine.ts";
import { rememberedOf, variantFor } from "../ladder/machine.ts";
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

/**
 * Explains a request by answering it.
 *
 * @throws {@link import("../../wire/error.ts").WireError} where the server would call it malformed
 */
export function explainRequest(
  heard: HeardRequest,
  snapshot: Snapshot,
  site: ExplainSite,
): RequestExplanation {
  const { packet, port, from, to } = heard;
  const client = identify(packet);
  if (client === undefined)
    return { said: `${requestWords(heard, client)}, and not to boot`, mayfly: notNetboot(packet) };
  const said = requestWords(heard, client);
  if (to.address !== LIMITED_BROADCAST && to.address !== site.self && port === 4011) {
    return { client, said, mayfly: `has nothing to say: ${to.address} was asked, and not this server` };
  }
  if (replyType(packet, port) === undefined) {
    return {
      client,
      said,
      mayfly: "keeps out of it: addresses are the other server's",
    };
  }
  const machine = site.learnt?.get(client.mac);
  const decision = decide(client, snapshot, machine === undefined ? {} : rememberedOf(machine));
  const variant = machine === undefined ? undefined : learntVariant(machine, heard, client, decision);
  const server = { arrival: { self: site.self }, port, ports: site.ports };
  const reply = answer(packet, client, decision, {
    ...server,
    ...(variant === undefined ? {} : { variant }),
  });
  if (reply === undefined)
    return { client, decision, said, mayfly: silenceWords(client, decision, snapshot) };
  const goes = destination(packet, reply, port, from);
  return {
    client,
    decision,
    said,
    reply,
    mayfly: replyWords(reply, goes, heard),
    because: reasonWords(client, decision, packet, snapshot) + learntWords(variant),
  };
}

function requestWords({ packet, port, to }: HeardRequest, client: BootClient | undefined): string {
  const type = messageType(packet) ?? "BOOTP";
  const relay = packet.giaddr === UNSPECIFIED ? "" : `, through the relay ${packet.giaddr}`;
  if (port === 4011) {
    const menu = packet.options.has(OPTION.PXE_VENDOR) && type === "REQUEST";
    const item = menu ? ", with a choice from a boot menu" : "";
    return `asks ${to.address} for its boot file on port 4011 (${type})${item}${relay}`;
  }
  switch (type) {
    case "DISCOVER":
      return `asks for an address${client === undefined ? "" : " and something to boot"} (DISCOVER)${relay}`;
    case "REQUEST":
      return `${requestedWords(packet)} (REQUEST)${relay}`;
    case "INFORM":
      return `has an address, ${packet.ciaddr}, and asks for the rest (INFORM)${relay}`;
    case "DECLINE":
      return `refuses the address ${addressOption(packet, 50) ?? "it was given"}: somebody else has it (DECLINE)${relay}`;
    case "RELEASE":
      return `gives its address ${packet.ciaddr} back (RELEASE)${relay}`;
    default:
      return `sends ${type}${relay}`;
  }
}

function requestedWords(packet: DhcpPacket): string {
  const address = addressOption(packet, 50) ?? packet.ciaddr;
  const server = addressOption(packet, OPTION.SERVER_ID);
  if (server !== undefined) return `takes the address ${address} from ${server}`;
  return packet.ciaddr === UNSPECIFIED
    ? `wants its old address ${address} again`
    : `renews its address ${address}`;
}

function addressOption({ options }: DhcpPacket, code: number): string | undefined {
  const value = options.get(code);
  return value?.length === 4 ? decodeIpv4(value) : undefined;
}

function notNetboot({ options }: DhcpPacket): string {
  const value = options.get(OPTION.VENDOR_CLASS);
  const who =
    value === undefined ? "it does not say what it is" : `it calls itself '${decodeVendorClass(value).text}'`;
  return `stays silent: ${who}, so it is a booted system or another device, and nobody who boots from the network`;
}

function silenceWords(client: BootClient, decision: BootDecision, snapshot: Snapshot): string {
  if (decision.type !== "silent") return "stays silent: its request asks for what nobody has (credentials)";
  return `stays silent (${decision.reason}): ${whySilent(decision.reason, client, decision.host, snapshot)}`;
}

function replyWords(reply: DhcpPacket, goes: Peer, { packet, port }: HeardRequest): string {
  const to =
    goes.address === LIMITED_BROADCAST
      ? ""
      : packet.giaddr === goes.address
        ? ` to the relay ${goes.address}`
        : ` to ${goes.address} port ${goes.port}`;
  // What stands there in an answer to a choice from a menu is the client's own (Q4).
  const address = reply.yiaddr === UNSPECIFIED || port === 4011 ? "" : `the address ${reply.yiaddr} and `;
  return `sends an ${messageType(reply) ?? "answer"}${to}: ${address}${fileWords(readBoot(reply)) ?? "nothing to boot"}`;
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

function learntWords(variant: OfferVariant | undefined): string {
  return variant === undefined
    ? ""
    : `. It is offered ${describeVariant(variant)}, since nothing came of the usual offer to this machine`;
}

/** The host; for what is not given as usual, why; for a machine that cannot boot, what its screen says. */
function reasonWords(
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
