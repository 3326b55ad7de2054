/** What a request on port 67 is about: which kind, for which address, on which network, and to which server. */

import { decodeAddress } from "../../wire/dhcp/addresses.ts";
import { decodeNumber } from "../../wire/dhcp/numbers.ts";
import { OPTION } from "../../wire/dhcp/option.ts";
import { BOOTREQUEST, type DhcpPacket } from "../../wire/dhcp/packet.ts";
import { decodeRelayAgentInfo } from "../../wire/dhcp/relay-agent.ts";
import { decodeNulText } from "../../wire/dhcp/text.ts";
import { type Ipv4, UNSPECIFIED } from "../../wire/net/ipv4.ts";
import { messageType } from "../dhcp/reply-type.ts";
import type { LeaseQuestion, LeaseRequestKind } from "./lease-decision.ts";
import { type Subnet, type SubnetTable, subnetOf } from "./subnet.ts";

/** What the options of a request say, read once. */
export interface LeaseRequest {
  readonly kind: LeaseRequestKind;
  /** Option 50, or what stands for it: `ciaddr` of one that has an address. */
  readonly address?: Ipv4;
  /** Option 54. */
  readonly server?: Ipv4;
  /** Option 51. */
  readonly seconds?: number;
  /** Option 12, as far as it can be shown. */
  readonly hostName?: string;
}

/**
 * Reads a request.
 *
 * The four kinds of REQUEST are told apart by options 50 and 54 and by `ciaddr` alone.
 *
 * @returns `undefined` for what no server answers, or what contradicts itself
 * @throws {@link import("../../wire/error.ts").WireError} `WIRE_BAD_LENGTH` for an option that is malformed
 * @see RFC 2131 §4.3.2, table 5
 */
export function readLeaseRequest({
  request,
  wasBroadcast,
}: Pick<LeaseQuestion, "request" | "wasBroadcast">): LeaseRequest | undefined {
  if (request.op !== BOOTREQUEST) return undefined;
  const wanted = addressIn(request, OPTION.REQUESTED_ADDRESS);
  const server = addressIn(request, OPTION.SERVER_ID);
  const seconds = request.options.get(OPTION.LEASE_SECONDS);
  const hostName = shownName(request.options.get(OPTION.HOST_NAME));
  const kind = kindOf(request, wanted, server, wasBroadcast);
  if (kind === undefined) return undefined;
  const own = request.ciaddr === UNSPECIFIED ? undefined : request.ciaddr;
  const hasAddress = kind === "renewing" || kind === "rebinding" || kind === "release" || kind === "inform";
  const address = hasAddress ? own : wanted;
  return {
    kind,
    ...(address !== undefined && { address }),
    ...(server !== undefined && { server }),
    ...(seconds !== undefined && { seconds: decodeNumber(seconds, 4, OPTION.LEASE_SECONDS) }),
    ...(hostName !== undefined && { hostName }),
  };
}

function kindOf(
  request: DhcpPacket,
  wanted: Ipv4 | undefined,
  server: Ipv4 | undefined,
  wasBroadcast: boolean | undefined,
): LeaseRequestKind | undefined {
  const hasAddress = request.ciaddr !== UNSPECIFIED;
  switch (request.options.has(OPTION.MESSAGE_TYPE) ? messageType(request) : "BOOTP") {
    case "BOOTP":
      return "bootp";
    case "DISCOVER":
      return "discover";
    case "REQUEST":
      if (server !== undefined && wanted !== undefined) return "selecting";
      // Some clients name the server when they renew as well, which RFC 2131 forbids and nobody refuses.
      if (hasAddress) return wasBroadcast === true || isRelayed(request) ? "rebinding" : "renewing";
      return wanted === undefined ? undefined : "init-reboot";
    case "DECLINE":
      return wanted === undefined ? undefined : "decline";
    case "RELEASE":
      return hasAddress ? "release" : undefined;
    case "INFORM":
      return hasAddress ? "inform" : undefined;
    default:
      return undefined;
  }
}

function isRelayed({ giaddr }: DhcpPacket): boolean {
  return giaddr !== UNSPECIFIED;
}

/** An address that is all zeros says that there is none. */
function addressIn({ options }: DhcpPacket, code: number): Ipv4 | undefined {
  const value = options.get(code);
  const address = value === undefined ? undefined : decodeAddress(value, code);
  return address === UNSPECIFIED ? undefined : address;
}

/** A name that is shown to people and kept: a client may send any bytes there. */
function shownName(value: Uint8Array | undefined): string | undefined {
  const text = value === undefined ? "" : decodeNulText(value);
  return /^[A-Za-z0-9]([A-Za-z0-9._-]{0,252})$/.test(text) ? text : undefined;
}

/** The network that a request came from: an address of it, and the subnet, if it is a configured one. */
export interface Link {
  readonly address: Ipv4;
  readonly subnet?: Subnet;
}

/**
 * Finds the network that a request came from.
 *
 * The relay knows it best (option 82's link selection), then the client's own choice (option 118), then
 * where the relay itself is. Of a client that has an address and asks us alone it is that address's,
 * since its request may have been routed; else it is where the request came in.
 *
 * @throws {@link import("../../wire/error.ts").WireError} for a malformed option 82 or 118
 * @see RFC 3527 §3, RFC 3011 §3, RFC 2131 §4.3.1
 */
export function linkOf(
  { request, self, link = self }: Pick<LeaseQuestion, "request" | "self" | "link">,
  kind: LeaseRequestKind,
  table: SubnetTable,
): Link {
  const agent = request.options.get(OPTION.RELAY_AGENT);
  const relayed =
    (agent === undefined ? undefined : decodeRelayAgentInfo(agent).linkSelection) ??
    addressIn(request, OPTION.SUBNET_SELECTION) ??
    (isRelayed(request) ? request.giaddr : undefined);
  if (relayed !== undefined) return linkAt(relayed, table);
  if (kind === "renewing" || kind === "release" || kind === "inform") {
    const own = linkAt(request.ciaddr, table);
    if (own.subnet !== undefined) return own;
  }
  return linkAt(link, table);
}

function linkAt(address: Ipv4, table: SubnetTable): Link {
  const subnet = subnetOf(address, table);
  return { address, ...(subnet !== undefined && { subnet }) };
}

/**
 * What the client is to take for the server: our address, unless its relay wants to be taken for it.
 *
 * @see RFC 5107 §4
 */
export function serverIdentifier({ request, self }: Pick<LeaseQuestion, "request" | "self">): Ipv4 {
  const agent = request.options.get(OPTION.RELAY_AGENT);
  return (agent === undefined ? undefined : decodeRelayAgentInfo(agent).serverIdOverride) ?? self;
}
