/** What the header of every DHCP reply takes over from its request. */

import { BOOTREPLY, type DhcpPacket } from "../../wire/dhcp/packet.ts";
import { UNSPECIFIED } from "../../wire/net/ipv4.ts";

/** A header that gives no address and names no server. @see RFC 2131 §4.3.1, table 3 */
export function replyHeader(request: DhcpPacket) {
  return {
    op: BOOTREPLY,
    htype: request.htype,
    hlen: request.hlen,
    hops: 0,
    xid: request.xid,
    secs: 0,
    flags: request.flags,
    ciaddr: UNSPECIFIED,
    yiaddr: UNSPECIFIED,
    siaddr: UNSPECIFIED,
    giaddr: request.giaddr,
    chaddr: request.chaddr,
    sname: "",
    file: "",
  } as const;
}
