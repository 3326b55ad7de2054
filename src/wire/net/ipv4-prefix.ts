/** IPv4 networks: an address and how many of its first bits count, as in `10.0.0.0/24`. */

import { type Ipv4, ipv4FromNumber, ipv4Number, parseIpv4 } from "./ipv4.ts";

export interface Ipv4Prefix {
  /** The network's own address: the bits that do not count are 0. */
  readonly network: Ipv4;
  /** 0 to 32. */
  readonly length: number;
}

/**
 * Reads `10.0.0.0/24`. An address within the network is taken for the network: people write
 * `10.0.0.1/24` and mean this.
 *
 * @returns `undefined` if the text is none
 */
export function parseIpv4Prefix(text: string): Ipv4Prefix | undefined {
  const match = /^([0-9.]+)\/(\d{1,2})$/.exec(text.trim());
  const address = parseIpv4(match?.[1] ?? "");
  const length = Number(match?.[2]);
  if (address === undefined || !(length <= 32)) return undefined;
  return { network: ipv4FromNumber((ipv4Number(address) & maskNumber(length)) >>> 0), length };
}

/** As in `10.0.0.0/24`. The inverse of {@link parseIpv4Prefix}. */
export function formatIpv4Prefix({ network, length }: Ipv4Prefix): string {
  return `${network}/${length}`;
}

/** As in `255.255.255.0`. */
export function ipv4Mask({ length }: Ipv4Prefix): Ipv4 {
  return ipv4FromNumber(maskNumber(length));
}

/** The last address of the network. */
export function ipv4Broadcast({ network, length }: Ipv4Prefix): Ipv4 {
  return ipv4FromNumber((ipv4Number(network) | ~maskNumber(length)) >>> 0);
}

export function prefixHas({ network, length }: Ipv4Prefix, address: Ipv4): boolean {
  return (ipv4Number(address) & maskNumber(length)) >>> 0 === ipv4Number(network);
}

function maskNumber(length: number): number {
  return length === 0 ? 0 : (0xffffffff << (32 - length)) >>> 0;
}
