/**
 * A decision as a DHCP packet, beside another server that gives the addresses (proxyDHCP).
 *
 * @see PXE 2.1 §2.2, RFC 2131 §4.3
 */

import { encodeMessageType } from "../../wire/dhcp/message-type.ts";
import { OPTION } from "../../wire/dhcp/option.ts";
import { BROADCAST_FLAG, type DhcpPacket } from "../../wire/dhcp/packet.ts";
import { encodeIpv4, UNSPECIFIED } from "../../wire/net/ipv4.ts";
import type { BootClient } from "../client.ts";
import type { BootDecision } from "../decide.ts";
import { bootPart, type ServerSide } from "./boot-part.ts";
import { replyHeader } from "./reply-header.ts";
import { type ReplyType, replyType } from "./reply-type.ts";

/**
 * Makes the reply that carries out a decision.
 *
 * @returns `undefined` for silence
 * @throws {@link import("../../wire/error.ts").WireError} when the request's PXE options are malformed
 */
export function answer(
  request: DhcpPacket,
  client: BootClient,
  decision: BootDecision,
  server: ServerSide,
): DhcpPacket | undefined {
  const type = replyType(request, server.port);
  const boot = type === undefined ? undefined : bootPart(request, client, decision, server);
  if (type === undefined || boot === undefined) return undefined;
  const { siaddr, sname, file, options, forBootItem } = boot;
  const relayAgent = request.options.get(OPTION.RELAY_AGENT);
  return {
    ...header(request, type, forBootItem),
    siaddr,
    sname,
    file,
    options: new Map<number, Uint8Array>([
      [OPTION.MESSAGE_TYPE, encodeMessageType(type)],
      [OPTION.SERVER_ID, encodeIpv4(server.arrival.self)],
      ...options,
      // The relay finds it at the end, as it put it there (RFC 3046 §2.2).
      ...(relayAgent === undefined ? [] : [[OPTION.RELAY_AGENT, relayAgent] as const]),
    ]),
  };
}

/** The header of a reply, as RFC 2131 table 3 has it for a server that gives no address. */
function header(request: DhcpPacket, type: ReplyType, forBootItem: boolean) {
  const ciaddr = type === "ACK" ? request.ciaddr : UNSPECIFIED;
  return {
    ...replyHeader(request),
    // Without an address of its own the client, or its relay, must hear it by broadcast: there is no
    // yiaddr here to send to.
    flags: ciaddr === UNSPECIFIED ? request.flags | BROADCAST_FLAG : request.flags,
    // To a boot item PXE servers answer with the client's address in the other field, and ROMs know it so.
    ciaddr: forBootItem ? UNSPECIFIED : ciaddr,
    yiaddr: forBootItem ? ciaddr : UNSPECIFIED,
  } as const;
}
