/** Where a DHCP reply goes. */

import { BROADCAST_FLAG, type DhcpPacket } from "../../wire/dhcp/packet.ts";
import { LIMITED_BROADCAST, UNSPECIFIED } from "../../wire/net/ipv4.ts";
import type { Peer } from "../peer.ts";
import type { DhcpPort } from "./reply-type.ts";

const SERVER_PORT = 67;
const CLIENT_PORT = 68;

/**
 * The address and port that a reply is sent to.
 *
 * To the relay if one passed the request on (Q10), to the client's own address if it has one, else to
 * everybody: a client without an address does not answer ARP, so a reply to the address that it is
 * being given would need a hand-made frame.
 *
 * On 4011 it goes back to where the request came from. UEFI asks from port 4011 and listens there,
 * other clients ask from 68.
 *
 * @see RFC 2131 §4.1
 */
export function destination(request: DhcpPacket, reply: DhcpPacket, port: DhcpPort, from: Peer): Peer {
  if (port === 4011) {
    return {
      address: from.address === UNSPECIFIED ? LIMITED_BROADCAST : from.address,
      // Nothing can be sent to port 0, which a peer may well claim to have sent from.
      port: from.port === 0 ? CLIENT_PORT : from.port,
    };
  }
  if (request.giaddr !== UNSPECIFIED) return { address: request.giaddr, port: SERVER_PORT };
  const broadcast = (reply.flags & BROADCAST_FLAG) !== 0 || reply.ciaddr === UNSPECIFIED;
  return { address: broadcast ? LIMITED_BROADCAST : reply.ciaddr, port: CLIENT_PORT };
}
