/**
 * DHCPv4 packets: bytes to values and back, with every option kept, known or not.
 *
 * ```
 *   0  op     1 htype   2 hlen    3 hops
 *   4  xid              8 secs   10 flags
 *  12  ciaddr          16 yiaddr 20 siaddr  24 giaddr
 *  28  chaddr (16)     44 sname (64)       108 file (128)
 * 236  magic cookie   240 options …
 * ```
 *
 * {@link decodePacket} gives a value or throws a {@link WireError}, whatever the bytes are.
 *
 * @see RFC 2131 §2 (layout), RFC 2132 §9.3 (overload), RFC 3396 (long options)
 */

import { WireError } from "../error.ts";
import { decodeIpv4, type Ipv4, ipv4Number } from "../net/ipv4.ts";
import { decodeOptions, layOutOptions } from "./options.ts";
import { decodeNulText, encodeText } from "./text.ts";

export const BOOTREQUEST = 1;
export const BOOTREPLY = 2;
/** The one flag of `flags`: the client cannot receive unicast yet. */
export const BROADCAST_FLAG = 0x8000;
export const ETHERNET = 1;

/** A packet, its fields named as RFC 2131 and Wireshark name them. */
export interface DhcpPacket {
  readonly op: typeof BOOTREQUEST | typeof BOOTREPLY;
  readonly htype: number;
  /** How many bytes of `chaddr` count, 0 to 16. */
  readonly hlen: number;
  readonly hops: number;
  readonly xid: number;
  readonly secs: number;
  readonly flags: number;
  readonly ciaddr: Ipv4;
  readonly yiaddr: Ipv4;
  readonly siaddr: Ipv4;
  readonly giaddr: Ipv4;
  /** All 16 bytes, padding included. */
  readonly chaddr: Uint8Array;
  /** Up to the NUL; empty when it carried options. At most 63 characters of one byte. */
  readonly sname: string;
  /** Up to the NUL; empty when it carried options. At most 127 characters of one byte. */
  readonly file: string;
  /** By code, in the order sent, pieces of long ones joined. Never holds 0, 52 or 255: those are framing. */
  readonly options: ReadonlyMap<number, Uint8Array>;
}

const CHADDR = { at: 28, length: 16 } as const;
const SNAME = { at: 44, length: 64 } as const;
const FILE = { at: 108, length: 128 } as const;
const COOKIE_AT = 236;
const MAGIC_COOKIE = 0x63825363;
const OPTIONS_AT = 240;

/** The smallest packet that a BOOTP relay or client may insist on, in bytes (RFC 1542 §2.1). */
const MIN_PACKET_BYTES = 300;
/** What every client takes, in bytes of IP packet, and the least that option 57 may say (RFC 2132 §9.10). */
const MIN_MESSAGE_BYTES = 576;
const IP_AND_UDP_BYTES = 28;

/**
 * Reads a datagram as a DHCP packet.
 *
 * @throws {@link WireError} `WIRE_TRUNCATED`, `WIRE_BAD_MAGIC` (plain BOOTP too), `WIRE_BAD_VALUE`,
 * `WIRE_BAD_LENGTH`
 */
export function decodePacket(datagram: Uint8Array): DhcpPacket {
  // A Buffer's subarrays are Buffers, and would look different from what our own codecs make.
  const bytes = new Uint8Array(datagram.buffer, datagram.byteOffset, datagram.length);
  if (bytes.length < OPTIONS_AT) {
    throw new WireError(
      "WIRE_TRUNCATED",
      `a DHCP packet has at least ${OPTIONS_AT} bytes, got ${bytes.length}`,
    );
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  if (view.getUint32(COOKIE_AT) !== MAGIC_COOKIE) {
    throw new WireError("WIRE_BAD_MAGIC", "no DHCP magic cookie", COOKIE_AT);
  }
  const sname = bytes.subarray(SNAME.at, SNAME.at + SNAME.length);
  const file = bytes.subarray(FILE.at, FILE.at + FILE.length);
  const { options, overload } = decodeOptions(bytes.subarray(OPTIONS_AT), { file, sname });
  return {
    op: decodeOp(view.getUint8(0)),
    htype: view.getUint8(1),
    hlen: decodeHlen(view.getUint8(2)),
    hops: view.getUint8(3),
    xid: view.getUint32(4),
    secs: view.getUint16(8),
    flags: view.getUint16(10),
    ciaddr: decodeIpv4(bytes, 12),
    yiaddr: decodeIpv4(bytes, 16),
    siaddr: decodeIpv4(bytes, 20),
    giaddr: decodeIpv4(bytes, 24),
    chaddr: bytes.slice(CHADDR.at, CHADDR.at + CHADDR.length),
    sname: overload.sname ? "" : decodeNulText(sname),
    file: overload.file ? "" : decodeNulText(file),
    options,
  };
}

/**
 * Writes a packet, padded to the 300 bytes that BOOTP asks for.
 *
 * Options that do not fit go into `file` and `sname` if those are empty (overload). The names always
 * end with a NUL: firmware that reads on would take what follows as part of them (Q7).
 *
 * @param maxMessageBytes - what the receiver takes, as option 57 says it: the whole IP packet. Less
 * than 576 counts as 576.
 * @throws {@link WireError} `WIRE_BAD_LENGTH` if it does not fit at all or a name is too long,
 * `WIRE_BAD_VALUE` if a field or option code cannot be written
 */
export function encodePacket(packet: DhcpPacket, maxMessageBytes = MIN_MESSAGE_BYTES): Uint8Array {
  const layout = layOutOptions(packet.options, {
    options: Math.max(maxMessageBytes, MIN_MESSAGE_BYTES) - IP_AND_UDP_BYTES - OPTIONS_AT,
    file: packet.file === "" ? FILE.length : 0,
    sname: packet.sname === "" ? SNAME.length : 0,
  });
  const bytes = new Uint8Array(Math.max(MIN_PACKET_BYTES, OPTIONS_AT + layout.options.length));
  const view = new DataView(bytes.buffer);
  view.setUint8(0, packet.op);
  view.setUint8(1, packet.htype);
  view.setUint8(2, decodeHlen(packet.hlen));
  view.setUint8(3, packet.hops);
  view.setUint32(4, packet.xid);
  view.setUint16(8, packet.secs);
  view.setUint16(10, packet.flags);
  view.setUint32(12, ipv4Number(packet.ciaddr));
  view.setUint32(16, ipv4Number(packet.yiaddr));
  view.setUint32(20, ipv4Number(packet.siaddr));
  view.setUint32(24, ipv4Number(packet.giaddr));
  bytes.set(packet.chaddr.subarray(0, CHADDR.length), CHADDR.at);
  bytes.set(layout.sname ?? encodeName("sname", packet.sname, SNAME.length), SNAME.at);
  bytes.set(layout.file ?? encodeName("file", packet.file, FILE.length), FILE.at);
  view.setUint32(COOKIE_AT, MAGIC_COOKIE);
  bytes.set(layout.options, OPTIONS_AT);
  return bytes;
}

function decodeOp(op: number): DhcpPacket["op"] {
  if (op !== BOOTREQUEST && op !== BOOTREPLY) {
    throw new WireError("WIRE_BAD_VALUE", `op is ${op}, want 1 (request) or 2 (reply)`, 0);
  }
  return op;
}

function decodeHlen(hlen: number): number {
  if (hlen > CHADDR.length) {
    throw new WireError("WIRE_BAD_LENGTH", `hlen is ${hlen}, but chaddr has ${CHADDR.length} bytes`, 2);
  }
  return hlen;
}

function encodeName(field: string, text: string, length: number): Uint8Array {
  const bytes = encodeText(text);
  if (bytes.length >= length) {
    throw new WireError("WIRE_BAD_LENGTH", `${field} takes ${length - 1} bytes and a NUL, not '${text}'`);
  }
  if (bytes.includes(0)) throw new WireError("WIRE_BAD_VALUE", `${field} cannot hold a NUL: '${text}'`);
  return bytes;
}
