/** Single values about addresses: from the text that people write to the form used inside. */

import type { Pool, Subnet } from "../boot/lease/subnet.ts";
import { ipv4FromNumber, ipv4Number, parseIpv4, UNSPECIFIED } from "../wire/net/ipv4.ts";
import { type Ipv4Prefix, ipv4Broadcast, parseIpv4Prefix } from "../wire/net/ipv4-prefix.ts";

/** The most addresses of one pool: each that was ever leased takes memory. */
export const MAX_POOL = 65_536;

export function isAddress(text: string): boolean {
  const address = parseIpv4(text);
  return address !== undefined && address !== UNSPECIFIED;
}

/** Reads a network that has addresses for machines: from /8 to /30. */
export function parseSubnet(text: string): Ipv4Prefix | undefined {
  const prefix = parseIpv4Prefix(text);
  return prefix !== undefined && prefix.length >= 8 && prefix.length <= 30 ? prefix : undefined;
}

export function isSubnet(text: string): boolean {
  return parseSubnet(text) !== undefined;
}

/** Reads `10.0.0.100-10.0.0.200`, or one address; `undefined` if it is none, ends before it begins, or is too large. */
export function parsePool(text: string): Pool | undefined {
  const [from = "", to = from, ...more] = text.split("-").map((part) => part.trim());
  const first = parseIpv4(from);
  const last = parseIpv4(to);
  if (first === undefined || last === undefined || more.length > 0) return undefined;
  const size = ipv4Number(last) - ipv4Number(first) + 1;
  return size >= 1 && size <= MAX_POOL ? { first, last } : undefined;
}

/**
 * The pool of a subnet that names none: its upper half, as far as a pool may go. The lower half is left
 * to what has a fixed address: routers, switches, hosts.
 */
export function defaultPool(prefix: Ipv4Prefix): Pool {
  const first = ipv4Number(prefix.network) + 2 ** (31 - prefix.length);
  const last = Math.min(ipv4Number(ipv4Broadcast(prefix)) - 1, first + MAX_POOL - 1);
  return { first: ipv4FromNumber(first), last: ipv4FromNumber(last) };
}

/**
 * Reads a client id in hex, with colons, hyphens, dots or blanks between its bytes or without.
 *
 * @returns lower-case hex without separators; `undefined` if it is none or has fewer than two bytes
 * @see RFC 2132 §9.14
 */
export function parseClientId(text: string): string | undefined {
  const parts = text
    .trim()
    .toLowerCase()
    .split(/[:\-. ]/);
  const isBytes = parts.length > 1 && parts.every((part) => /^[0-9a-f]{2}$/.test(part));
  const digits = isBytes ? parts.join("") : text.trim().toLowerCase();
  return /^([0-9a-f]{2}){2,255}$/.test(digits) ? digits : undefined;
}

/** Defaults of a subnet's times. */
export const DEFAULTS = {
  /**
   * Half of it is how long machines go on while the server is away: twelve hours outlast a night.
   */
  leaseSeconds: 43_200,
  maxLeaseSeconds: 86_400,
  conflictSeconds: 3_600,
  probe: true,
} as const satisfies Partial<Subnet>;
