/** Options that are numbers: seconds of a lease, an MTU. */

import { WireError } from "../error.ts";

/** A lease that never ends, as option 51 says it. */
export const FOR_EVER = 0xffffffff;

/**
 * Reads a whole option as one big-endian number.
 *
 * @param option - its code, for the message
 * @throws {@link WireError} `WIRE_BAD_LENGTH` if it has not just that many bytes
 */
export function decodeNumber(value: Uint8Array, bytes: 1 | 2 | 4, option: number): number {
  if (value.length !== bytes) {
    throw new WireError("WIRE_BAD_LENGTH", `option ${option} has ${value.length} bytes, want ${bytes}`);
  }
  return value.reduce((number, byte) => number * 256 + byte, 0);
}

/** Writes one. @throws {@link WireError} `WIRE_BAD_VALUE` if it does not fit */
export function encodeNumber(number: number, bytes: 1 | 2 | 4): Uint8Array {
  if (!Number.isInteger(number) || number < 0 || number >= 256 ** bytes) {
    throw new WireError("WIRE_BAD_VALUE", `${number} is no whole number of ${bytes} bytes`);
  }
  return Uint8Array.from({ length: bytes }, (_, i) => Math.floor(number / 256 ** (bytes - 1 - i)) & 0xff);
}
