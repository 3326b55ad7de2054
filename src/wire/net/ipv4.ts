/** IPv4 addresses: four bytes and dotted quads. */

import { WireError } from "../error.ts";

/** A dotted quad without leading zeros, as in `10.77.0.2`. */
export type Ipv4 = string;

export const UNSPECIFIED: Ipv4 = "0.0.0.0";
export const LIMITED_BROADCAST: Ipv4 = "255.255.255.255";

/** Reads a dotted quad; `undefined` if the text is none. */
export function parseIpv4(text: string): Ipv4 | undefined {
  const parts = text.split(".");
  const valid =
    parts.length === 4 && parts.every((part) => /^(0|[1-9]\d{0,2})$/.test(part) && Number(part) <= 255);
  return valid ? text : undefined;
}

/** Reads four bytes at `offset`. @throws {@link WireError} `WIRE_TRUNCATED` if they are not there. */
export function decodeIpv4(bytes: Uint8Array, offset = 0): Ipv4 {
  if (bytes.length < offset + 4) {
    throw new WireError("WIRE_TRUNCATED", "an IPv4 address has 4 bytes", offset);
  }
  return bytes.subarray(offset, offset + 4).join(".");
}

/** Writes four bytes. @throws {@link WireError} `WIRE_BAD_VALUE` if the text is no dotted quad. */
export function encodeIpv4(address: Ipv4): Uint8Array {
  if (parseIpv4(address) === undefined) {
    throw new WireError("WIRE_BAD_VALUE", `'${address}' is no IPv4 address`);
  }
  return Uint8Array.from(address.split("."), Number);
}

/** The address as a number, 0 to 2^32-1, for ranges. @throws {@link WireError} `WIRE_BAD_VALUE` if the text is none */
export function ipv4Number(address: Ipv4): number {
  const [a = 0, b = 0, c = 0, d = 0] = encodeIpv4(address);
  return ((a << 24) | (b << 16) | (c << 8) | d) >>> 0;
}

/** The inverse of {@link ipv4Number}. */
export function ipv4FromNumber(number: number): Ipv4 {
  return [number >>> 24, (number >>> 16) & 0xff, (number >>> 8) & 0xff, number & 0xff].join(".");
}
