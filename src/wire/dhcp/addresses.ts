/** Options that are addresses: one, as option 50 and 54, or a list, as routers and name servers. */

import { concat } from "../bytes.ts";
import { WireError } from "../error.ts";
import { decodeIpv4, encodeIpv4, type Ipv4 } from "../net/ipv4.ts";

/**
 * Reads an option that is one address.
 *
 * @param option - its code, for the message
 * @throws {@link WireError} `WIRE_BAD_LENGTH` if it has not four bytes
 */
export function decodeAddress(value: Uint8Array, option: number): Ipv4 {
  if (value.length !== 4) {
    throw new WireError("WIRE_BAD_LENGTH", `option ${option} has ${value.length} bytes, want 4`);
  }
  return decodeIpv4(value);
}

/**
 * Reads an option that lists addresses, the preferred one first.
 *
 * @throws {@link WireError} `WIRE_BAD_LENGTH` if it is empty, or no multiple of four bytes
 * @see RFC 2132 §3.5, §3.8
 */
export function decodeAddresses(value: Uint8Array, option: number): Ipv4[] {
  if (value.length === 0 || value.length % 4 !== 0) {
    throw new WireError(
      "WIRE_BAD_LENGTH",
      `option ${option} has ${value.length} bytes, want a multiple of 4`,
    );
  }
  return Array.from({ length: value.length / 4 }, (_, i) => decodeIpv4(value, 4 * i));
}

/** Writes a list of addresses. The inverse of {@link decodeAddresses}. */
export function encodeAddresses(addresses: readonly Ipv4[]): Uint8Array {
  return concat(addresses.map(encodeIpv4));
}
