/** Option 93: the processor architectures that the client can boot. */

import { WireError } from "../error.ts";

/** A processor architecture number, as IANA registers them for option 93. */
export type Arch = number;

/**
 * Reads option 93, Client System Architecture Type.
 *
 * A client that can boot more than one architecture may list them all.
 *
 * @param value - the option's payload, without code and length
 * @returns at least one architecture, in the order sent
 * @throws {@link WireError} `WIRE_BAD_LENGTH` if empty, or not whole 16-bit words
 * @see RFC 4578 §2.1
 */
export function decodeClientArch(value: Uint8Array): Arch[] {
  if (value.length === 0 || value.length % 2 !== 0) {
    throw new WireError("WIRE_BAD_LENGTH", `option 93 has ${value.length} bytes, want a multiple of 2`);
  }
  const words = new DataView(value.buffer, value.byteOffset, value.byteLength);
  return Array.from({ length: value.length / 2 }, (_, i) => words.getUint16(2 * i));
}

/** Writes option 93. The inverse of {@link decodeClientArch}. */
export function encodeClientArch(archs: readonly Arch[]): Uint8Array {
  const value = new Uint8Array(2 * archs.length);
  const words = new DataView(value.buffer);
  archs.forEach((arch, i) => {
    words.setUint16(2 * i, arch);
  });
  return value;
}
