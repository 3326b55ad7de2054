/**
 * From a captured frame to what programs sent each other: UDP datagrams, TCP segments, and the news that a
 * port has nobody.
 *
 * @see RFC 791, RFC 768, RFC 9293, RFC 792; IEEE 802.1Q
 */

import { decodeIpv4, type Ipv4 } from "../net/ipv4.ts";

/** How a frame begins. `COOKED` and `COOKED2` are what `tcpdump -i any` writes. */
export const LINK = { ETHERNET: 1, RAW: 12, RAW_IP: 101, COOKED: 113, IPV4: 228, COOKED2: 276 } as const;

export interface Endpoint {
  readonly address: Ipv4;
  readonly port: number;
}

/** What one program sent another; of TCP one segment, however little or much of the stream that is. */
export interface Sent<Type extends "udp" | "tcp"> {
  readonly type: Type;
  readonly source: Endpoint;
  readonly destination: Endpoint;
  readonly payload: Uint8Array;
}

export type Transport =
  | Sent<"udp">
  | Sent<"tcp">
  /** ICMP from `source`: what was sent to its UDP `port` reached nobody. */
  | {
      readonly type: "port-unreachable";
      readonly source: Ipv4;
      readonly destination: Ipv4;
      readonly port: number;
    };

const ETHERTYPE = { IPV4: 0x0800, VLAN: 0x8100, QINQ: 0x88a8 } as const;
const PROTOCOL = { ICMP: 1, TCP: 6, UDP: 17 } as const;
const IP_BYTES = 20;
const UDP_BYTES = 8;
const TCP_BYTES = 20;
const DESTINATION_UNREACHABLE = 3;
const PORT_UNREACHABLE = 3;
const ICMP_BYTES = 8;

/**
 * Reads a frame.
 *
 * @returns `undefined` for anything else: IPv6, ARP, fragments, a UDP datagram that was cut short
 */
export function decodeTransport(frame: Uint8Array, link: number): Transport | undefined {
  const packet = ipv4Packet(frame, link);
  const ip = packet === undefined ? undefined : readIp(packet);
  if (ip === undefined) return undefined;
  const { protocol, source, destination, body } = ip;
  switch (protocol) {
    case PROTOCOL.UDP:
      return readUdp(source, destination, body);
    case PROTOCOL.TCP:
      return readTcp(source, destination, body);
    case PROTOCOL.ICMP:
      return readUnreachable(source, destination, body);
    default:
      return undefined;
  }
}

/** The bytes from the IP header on, if it is IPv4. */
function ipv4Packet(frame: Uint8Array, link: number): Uint8Array | undefined {
  switch (link) {
    case LINK.RAW:
    case LINK.RAW_IP:
    case LINK.IPV4:
      return frame;
    case LINK.ETHERNET:
      return behindType(frame, 12);
    case LINK.COOKED:
      return behindType(frame, 14);
    case LINK.COOKED2:
      return word(frame, 0) === ETHERTYPE.IPV4 ? frame.subarray(20) : undefined;
    default:
      return undefined;
  }
}

/** What follows an Ethernet type at `at`, behind up to two VLAN tags. */
function behindType(frame: Uint8Array, at: number): Uint8Array | undefined {
  const type = word(frame, at);
  if (type === ETHERTYPE.IPV4) return frame.subarray(at + 2);
  const isTag = type === ETHERTYPE.VLAN || type === ETHERTYPE.QINQ;
  return isTag && at < 20 ? behindType(frame, at + 4) : undefined;
}

interface IpPacket {
  readonly protocol: number;
  readonly source: Ipv4;
  readonly destination: Ipv4;
  readonly body: Uint8Array;
}

function readIp(packet: Uint8Array): IpPacket | undefined {
  const first = packet[0] ?? 0;
  const headerBytes = (first & 0x0f) * 4;
  if (first >> 4 !== 4 || headerBytes < IP_BYTES || packet.length < headerBytes) return undefined;
  const isFragment = (word(packet, 6) & 0x3fff) !== 0;
  // Offloading leaves 0 there; and short frames have padding behind the packet.
  const length = word(packet, 2) || packet.length;
  if (isFragment || length < headerBytes) return undefined;
  return {
    protocol: packet[9] ?? 0,
    source: decodeIpv4(packet, 12),
    destination: decodeIpv4(packet, 16),
    body: packet.subarray(headerBytes, length),
  };
}

function readUdp(source: Ipv4, destination: Ipv4, body: Uint8Array): Transport | undefined {
  const length = word(body, 4);
  if (body.length < UDP_BYTES || length < UDP_BYTES || length > body.length) return undefined;
  return {
    type: "udp",
    source: { address: source, port: word(body, 0) },
    destination: { address: destination, port: word(body, 2) },
    payload: body.subarray(UDP_BYTES, length),
  };
}

function readTcp(source: Ipv4, destination: Ipv4, body: Uint8Array): Transport | undefined {
  const headerBytes = ((body[12] ?? 0) >> 4) * 4;
  if (headerBytes < TCP_BYTES || body.length < headerBytes) return undefined;
  return {
    type: "tcp",
    source: { address: source, port: word(body, 0) },
    destination: { address: destination, port: word(body, 2) },
    payload: body.subarray(headerBytes),
  };
}

/** It quotes the header of what it is about, and the first eight bytes behind it: the ports. */
function readUnreachable(source: Ipv4, destination: Ipv4, body: Uint8Array): Transport | undefined {
  if (body[0] !== DESTINATION_UNREACHABLE || body[1] !== PORT_UNREACHABLE) return undefined;
  const quoted = body.subarray(ICMP_BYTES);
  const headerBytes = ((quoted[0] ?? 0) & 0x0f) * 4;
  if (quoted.length < headerBytes + 4 || quoted[9] !== PROTOCOL.UDP) return undefined;
  return { type: "port-unreachable", source, destination, port: word(quoted, headerBytes + 2) };
}

/** A 16-bit number; 0 beyond the end. */
function word(bytes: Uint8Array, at: number): number {
  return ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0);
}
