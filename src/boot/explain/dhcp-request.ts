/** What a DHCP request is, in words, and what Mayfly answers to it: asked of the functions that answer it. */

import { OPTION } from "../../wire/dhcp/option.ts";
import type { DhcpPacket } from "../../wire/dhcp/packet.ts";
import { decodeVendorClass } from "../../wire/dhcp/vendor-class.ts";
import { decodeIpv4, LIMITED_BROADCAST, UNSPECIFIED } from "../../wire/net/ipv4.ts";
import type { BootClient } from "../client.ts";
import { type BootDecision, decide } from "../decide.ts";
import { answer } from "../dhcp/answer.ts";
import { destination } from "../dhcp/destination.ts";
import { identify, isIpxe } from "../dhcp/identify.ts";
import { type DhcpPort, messageType, replyType } from "../dhcp/reply-type.ts";
import type { Peer } from "../peer.ts";
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
  const decision = decide(client, snapshot);
  const server = { arrival: { self: site.self }, port, ports: site.ports };
  const reply = answer(packet, client, decision, server);
  if (reply === undefined)
    return { client, decision, said, mayfly: silenceWords(client, decision, snapshot) };
  const goes = destination(packet, reply, port, from);
  return {
    client,
    decision,
    said,
    reply,
    mayfly: replyWords(reply, goes, heard),
    because: reasonWords(client, decision, packet, snapshot),
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

/** The host; for an iPXE that is not given a script, why; for one whose machine cannot boot, what its screen says. */
function reasonWords(
  client: BootClient,
  decision: BootDecision,
  packet: DhcpPacket,
  snapshot: Snapshot,
): string {
  const host = decision.host === undefined ? "" : hostReason(client, decision.host, snapshot);
  switch (decision.type) {
    case "chain":
      return isIpxe(packet)
        ? `this iPXE has no HTTP or cannot start Linux, so it gets a whole one first, and ${host}`
        : host;
    case "script":
    case "silent":
      return host;
    case "refused":
      return (
        `${host}. The script says on its screen why it cannot boot (${decision.reason}): ` +
        whySilent(decision.reason, client, decision.host, snapshot)
      );
  }
}
