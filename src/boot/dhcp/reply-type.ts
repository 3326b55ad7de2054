/** What kind of reply a DHCP request may get, and how large it may be. */

import { decodeMessageSize } from "../../wire/dhcp/message-size.ts";
import { decodeMessageType, type MessageType } from "../../wire/dhcp/message-type.ts";
import { OPTION } from "../../wire/dhcp/option.ts";
import { BOOTREQUEST, type DhcpPacket } from "../../wire/dhcp/packet.ts";

/** The ports that netboot clients ask: 67 as everybody does, and 4011 for the boot file alone. */
export type DhcpPort = 67 | 4011;
/** What a proxy answers with. */
export type ReplyType = "OFFER" | "ACK";

/**
 * The kind of reply that a request may get here; `undefined` when it is not for us at all.
 *
 * On 67 a REQUEST accepts some other server's address, and a boot item there answers some other
 * server's menu. On 4011 everything was sent to us.
 */
export function replyType(request: DhcpPacket, port: DhcpPort): ReplyType | undefined {
  const type = messageType(request);
  if (request.op !== BOOTREQUEST || type === undefined) return undefined;
  if (type === "DISCOVER") return "OFFER";
  if (type === "REQUEST") return port === 4011 ? "ACK" : undefined;
  if (type === "INFORM") return port === 4011 || !request.options.has(OPTION.PXE_VENDOR) ? "ACK" : undefined;
  return undefined;
}

/**
 * The message type of a packet; `undefined` when it has none (plain BOOTP), or one of a later RFC.
 *
 * @throws {@link WireError} `WIRE_BAD_LENGTH`
 */
export function messageType(packet: DhcpPacket): MessageType | undefined {
  const value = packet.options.get(OPTION.MESSAGE_TYPE);
  return value === undefined ? undefined : decodeMessageType(value);
}

/**
 * The largest IP packet that the reply may be, in bytes: what the client says it takes, as far as the
 * interface carries it.
 */
export function replyLimit(request: DhcpPacket, mtu: number): number {
  const value = request.options.get(OPTION.MESSAGE_SIZE);
  return value === undefined ? 0 : Math.min(decodeMessageSize(value), mtu);
}
