/**
 * Ethernet frames around what programs sent each other: for what was seen at a socket, where the kernel has
 * taken the headers off, or has yet to put them on.
 *
 * @see RFC 791, RFC 768, RFC 9293; the inverse of {@link import("./transport.ts").decodeTransport}
 */

import { encodeIpv4 } from "../net/ipv4.ts";
import { encodeMac, type Mac } from "../net/mac.ts";
import type { Endpoint } from "./transport.ts";

/** One end of a conversation. */
export interface Station extends Endpoint {
  readonly mac: Mac;
}

export interface Sending {
  readonly source: Station;
  readonly destination: Station;
  readonly payload: Uint8Array;
  /** How much of the payload is kept in the file; absent: all of it. */
  readonly keep?: number;
}

/** One TCP segment. */
export interface Segment extends Sending {
  /** 32 bits each. */
  readonly sequence: number;
  readonly acknowledgment: number;
  /** Some of {@link TCP_FLAG}. */
  readonly flags: number;
}

/** A frame as a capture file has it. */
export interface Frame {
  readonly bytes: Uint8Array;
  /** How long it was before it was cut. */
  readonly wireBytes: number;
}

export const TCP_FLAG = { FIN: 0x01, SYN: 0x02, RST: 0x04, PSH: 0x08, ACK: 0x10 } as const;

const ETHERNET_BYTES = 14;
const IP_BYTES = 20;
const UDP_BYTES = 8;
const TCP_BYTES = 20;
const PROTOCOL = { TCP: 6, UDP: 17 } as const;
const HOPS = 64;
const WINDOW = 0xffff;
/** The largest window that there is: the real ones are not known, and none is to look exceeded. */
const SYN_OPTIONS = [2, 4, 0x05, 0xb4, 1, 3, 3, 14] as const;

/** The most payload that a UDP datagram or a segment of TCP has in IPv4. */
export const MAX_UDP_PAYLOAD = 0xffff - IP_BYTES - UDP_BYTES;
export const MAX_TCP_PAYLOAD = 0xffff - IP_BYTES - TCP_BYTES;

/**
 * A UDP datagram.
 *
 * One that is cut has no checksum, which UDP allows: nobody could check it.
 */
export function encodeUdpFrame({ source, destination, payload, keep = payload.length }: Sending): Frame {
  const kept = Math.min(keep, payload.length);
  const { frame, view, at } = start({ source, destination }, PROTOCOL.UDP, UDP_BYTES, payload.length, kept);
  view.setUint16(at, source.port);
  view.setUint16(at + 2, destination.port);
  view.setUint16(at + 4, UDP_BYTES + payload.length);
  frame.set(payload.subarray(0, kept), at + UDP_BYTES);
  // 0 says that there is none.
  if (kept === payload.length) view.setUint16(at + 6, transportSum(frame, PROTOCOL.UDP) || 0xffff);
  return { bytes: frame, wireBytes: frame.length - kept + payload.length };
}

/** A segment of TCP. One that is cut has no checksum: nobody could check it. */
export function encodeTcpFrame(segment: Segment): Frame {
  const { source, destination, payload, keep = payload.length, sequence, acknowledgment, flags } = segment;
  const options: readonly number[] = (flags & TCP_FLAG.SYN) === 0 ? [] : SYN_OPTIONS;
  const headerBytes = TCP_BYTES + options.length;
  const kept = Math.min(keep, payload.length);
  const { frame, view, at } = start({ source, destination }, PROTOCOL.TCP, headerBytes, payload.length, kept);
  view.setUint16(at, source.port);
  view.setUint16(at + 2, destination.port);
  view.setUint32(at + 4, sequence);
  view.setUint32(at + 8, acknowledgment);
  view.setUint8(at + 12, (headerBytes / 4) << 4);
  view.setUint8(at + 13, flags);
  view.setUint16(at + 14, WINDOW);
  frame.set(options, at + TCP_BYTES);
  frame.set(payload.subarray(0, kept), at + headerBytes);
  if (kept === payload.length) view.setUint16(at + 16, transportSum(frame, PROTOCOL.TCP));
  return { bytes: frame, wireBytes: frame.length - kept + payload.length };
}

interface Started {
  readonly frame: Uint8Array;
  readonly view: DataView;
  /** Where the transport's header begins. */
  readonly at: number;
}

/** A frame with room for all that is kept, and the Ethernet and IP headers written. */
function start(
  { source, destination }: Pick<Sending, "source" | "destination">,
  protocol: number,
  headerBytes: number,
  payloadBytes: number,
  kept: number,
): Started {
  const at = ETHERNET_BYTES + IP_BYTES;
  const frame = new Uint8Array(at + headerBytes + kept);
  const view = new DataView(frame.buffer);
  frame.set(encodeMac(destination.mac), 0);
  frame.set(encodeMac(source.mac), 6);
  view.setUint16(12, 0x0800);
  view.setUint8(ETHERNET_BYTES, 0x45);
  view.setUint16(ETHERNET_BYTES + 2, IP_BYTES + headerBytes + payloadBytes);
  view.setUint8(ETHERNET_BYTES + 8, HOPS);
  view.setUint8(ETHERNET_BYTES + 9, protocol);
  frame.set(encodeIpv4(source.address), ETHERNET_BYTES + 12);
  frame.set(encodeIpv4(destination.address), ETHERNET_BYTES + 16);
  view.setUint16(ETHERNET_BYTES + 10, ~fold(sum(frame, ETHERNET_BYTES, at)) & 0xffff);
  return { frame, view, at };
}

/** Over the header, the payload, and the addresses, protocol and length that IP has. */
function transportSum(frame: Uint8Array, protocol: number): number {
  const at = ETHERNET_BYTES + IP_BYTES;
  const pseudo = sum(frame, ETHERNET_BYTES + 12, at) + protocol + (frame.length - at);
  return ~fold(pseudo + sum(frame, at, frame.length)) & 0xffff;
}

/** All 16-bit words; an odd byte at the end is the upper half of one. At the most 64 KiB: it does not overflow. */
function sum(bytes: Uint8Array, from: number, to: number): number {
  let total = 0;
  for (let at = from; at < to; at += 2)
    total += ((bytes[at] ?? 0) << 8) | (at + 1 < to ? (bytes[at + 1] ?? 0) : 0);
  return total;
}

function fold(total: number): number {
  let folded = total;
  while (folded > 0xffff) folded = (folded & 0xffff) + Math.floor(folded / 0x10000);
  return folded;
}
