/** What a DHCP request that is not ours to answer tells of the machine that sent it. */

import { OPTION } from "../../wire/dhcp/option.ts";
import type { DhcpPacket } from "../../wire/dhcp/packet.ts";
import { decodeIpv4, type Ipv4, UNSPECIFIED } from "../../wire/net/ipv4.ts";
import type { BootEvent } from "../event.ts";
import type { Arrival } from "../peer.ts";
import { identifyIfAble, readMac } from "./identify.ts";
import { type DhcpPort, messageType, replyType } from "./reply-type.ts";

type Overheard = Extract<BootEvent, { type: "overheard" }>;

/**
 * Reads a request that a netboot client does not ask of us, or that no netboot client sent.
 *
 * @returns `undefined` for what is decided and told anyway, and for what tells nothing
 * @throws {@link import("../../wire/error.ts").WireError} for a malformed message type or option 50
 */
export function overhear(
  request: DhcpPacket,
  port: DhcpPort,
  { interface: on }: Pick<Arrival, "interface">,
): Overheard | undefined {
  const type = messageType(request);
  if (port !== 67 || (type !== "DISCOVER" && type !== "REQUEST")) return undefined;
  // Only who netboots says its architecture; in a boot storm it is not to be identified twice.
  if (type === "DISCOVER" && request.options.has(OPTION.CLIENT_ARCH)) return undefined;
  const client = identifyIfAble(request);
  if (client !== undefined && replyType(request, port) !== undefined) return undefined;
  const mac = client?.mac ?? readMac(request);
  if (mac === undefined) return undefined;
  const address = type === "REQUEST" ? addressOf(request) : undefined;
  const server = type === "REQUEST" ? serverOf(request) : undefined;
  return {
    ...{ type: "overheard", interface: on, mac, request: type },
    ...(client === undefined ? {} : { client }),
    ...(address === undefined ? {} : { address }),
    ...(server === undefined ? {} : { server }),
  };
}

function serverOf({ options }: DhcpPacket): Ipv4 | undefined {
  const id = options.get(OPTION.SERVER_ID);
  return id?.length === 4 ? decodeIpv4(id) : undefined;
}

function addressOf({ ciaddr, options }: DhcpPacket): Ipv4 | undefined {
  if (ciaddr !== UNSPECIFIED) return ciaddr;
  const wanted = options.get(OPTION.REQUESTED_ADDRESS);
  return wanted === undefined ? undefined : decodeIpv4(wanted);
}
