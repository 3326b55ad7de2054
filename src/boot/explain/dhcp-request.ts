/** What a DHCP request is, in words, and what Mayfly answers to it: asked of the functions that answer it. */

import { OPTION } from "../../wire/dhcp/option.ts";
import type { DhcpPacket } from "../../wire/dhcp/packet.ts";
import { decodeVendorClass } from "../../wire/dhcp/vendor-class.ts";
import { decodeIpv4, LIMITED_BROADCAST, UNSPECIFIED } from "../../wire/net/ipv4.ts";
import type { BootClient } from "../client.ts";
import { answer } from "../dhcp/answer.ts";
import { destination } from "../dhcp/destination.ts";
import { identify, identifyIfAble } from "../dhcp/identify.ts";
import { messageType, replyType } from "../dhcp/reply-type.ts";
import type { Snapshot } from "../snapshot.ts";
import {
  decideHeard,
  type HeardRequest,
  type RequestExplanation,
  reasonWords,
  replyWords,
  silenceWords,
} from "./answer-words.ts";
import { explainLease } from "./lease.ts";
import type { ExplainSite } from "./words.ts";

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
  const gives = port === 67 && site.giving !== undefined;
  const client = gives ? identifyIfAble(packet) : identify(packet);
  const said = `${requestWords(heard, client)}${client === undefined ? ", and not to boot" : ""}`;
  const whose = client === undefined ? {} : { client };
  if (port === 67 && site.giving !== undefined) {
    return { ...whose, said, ...explainLease(heard, client, snapshot, site, site.giving) };
  }
  if (client === undefined) return { said, mayfly: notNetboot(packet) };
  if (to.address !== LIMITED_BROADCAST && to.address !== site.self && port === 4011) {
    return { client, said, mayfly: `has nothing to say: ${to.address} was asked, and not this server` };
  }
  if (replyType(packet, port) === undefined) {
    return { client, said, mayfly: "keeps out of it: addresses are the other server's" };
  }
  const verdict = decideHeard(heard, client, snapshot, site);
  const { decision, form } = verdict;
  const server = { arrival: { self: site.self }, port, ports: site.ports, ...form };
  const reply = answer(packet, client, decision, server);
  if (reply === undefined)
    return { client, decision, said, mayfly: silenceWords(client, decision, snapshot) };
  return {
    client,
    decision,
    said,
    reply,
    mayfly: replyWords(reply, destination(packet, reply, port, from), heard),
    because: reasonWords(client, verdict, packet, snapshot),
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
