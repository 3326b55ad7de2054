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
  return `${bytes[offset]}.${bytes[offset + 1]}.${bytes[offset + 2]}.${bytes[offset + 3]}`;
}

/** Writes four bytes. @throws {@link WireError} `WIRE_BAD_VALUE` if the text is no dotted quad. */
export function encodeIpv4(address: Ipv4): Uint8Array {
  const number = ipv4Number(address);
  return Uint8Array.of(number >>> 24, number >>> 16, number >>> 8, number);
}

const DOT = 46;
const ZERO = 48;

/**
 * The address as a number, 0 to 2^32-1, for ranges. Called for every lease of a full pool, hence by hand.
 *
 * @throws {@link WireError} `WIRE_BAD_VALUE` if the text is no dotted quad
 */
export function ipv4Number(address: Ipv4): number {
  let number = 0;
  let part = 0;
  let digits = 0;
  let dots = 0;
  for (let i = 0; i < address.length; i++) {
    const code = address.charCodeAt(i);
    const digit = code - ZERO;
    if (code === DOT && digits > 0) {
      number = number * 256 + part;
      part = digits = 0;
      dots += 1;
    } else if (digit >= 0 && digit <= 9 && !(digits > 0 && part === 0)) {
      part = part * 10 + digit;
      digits += 1;
      if (part > 255) throw noAddress(address);
    } else {
      throw noAddress(address);
    }
  }
  if (dots !== 3 || digits === 0) throw noAddress(address);
  return number * 256 + part;
}

function noAddress(text: string): WireError {
  return new WireError("WIRE_BAD_VALUE", `'${text}' is no IPv4 address`);
}

/** The inverse of {@link ipv4Number}. */
export function ipv4FromNumber(number: number): Ipv4 {
  return [number >>> 24, (number >>> 16) & 0xff, (number >>> 8) & 0xff, number & 0xff].join(".");
}
