/**
 * ICMP echo requests and replies, as `ping` sends and gets them.
 *
 * ```
 *  0 type    1 code    2 checksum    4 identifier    6 sequence number
 * ```
 *
 * @see RFC 792
 */

import { decodeIpv4, type Ipv4 } from "./ipv4.ts";

const ECHO_REPLY = 0;
const ECHO_REQUEST = 8;
const BYTES = 8;
const ICMP_PROTOCOL = 1;

export interface EchoReply {
  readonly from: Ipv4;
  readonly id: number;
  readonly sequence: number;
}

/** @param id - 16 bits, by which the sender knows its own replies */
export function encodeEchoRequest(id: number, sequence: number): Uint8Array {
  const bytes = new Uint8Array(BYTES);
  const view = new DataView(bytes.buffer);
  view.setUint8(0, ECHO_REQUEST);
  view.setUint16(4, id);
  view.setUint16(6, sequence);
  view.setUint16(2, checksum(bytes));
  return bytes;
}

/**
 * Reads an echo reply from an IPv4 packet, its header included, as a raw socket delivers it.
 *
 * @returns `undefined` for anything else: such a socket sees all the ICMP of the machine
 */
export function decodeEchoReply(packet: Uint8Array): EchoReply | undefined {
  const headerBytes = ((packet[0] ?? 0) & 0x0f) * 4;
  if (headerBytes < 20 || packet.length < headerBytes + BYTES || packet[9] !== ICMP_PROTOCOL)
    return undefined;
  const view = new DataView(packet.buffer, packet.byteOffset + headerBytes, BYTES);
  if (view.getUint8(0) !== ECHO_REPLY) return undefined;
  return { from: decodeIpv4(packet, 12), id: view.getUint16(4), sequence: view.getUint16(6) };
}

/** The Internet checksum over whole 16-bit words (RFC 1071). */
function checksum(bytes: Uint8Array): number {
  let sum = 0;
  for (let at = 0; at < bytes.length; at += 2) sum += ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return ~sum & 0xffff;
}
