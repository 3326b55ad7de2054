/** Option 61: how the client wants to be known. */

import { WireError } from "../error.ts";

export interface ClientId {
  /** A hardware type (1 is Ethernet), 255 for RFC 4361, or 0 for anything else. */
  readonly type: number;
  readonly id: Uint8Array;
}

/**
 * Reads option 61.
 *
 * @throws {@link WireError} `WIRE_BAD_LENGTH` if it has fewer than two bytes
 * @see RFC 2132 §9.14
 */
export function decodeClientId(value: Uint8Array): ClientId {
  const [type] = value;
  if (type === undefined || value.length < 2) {
    throw new WireError("WIRE_BAD_LENGTH", `option 61 has ${value.length} bytes, want at least 2`);
  }
  return { type, id: value.subarray(1) };
}

/** Writes option 61. The inverse of {@link decodeClientId}. */
export function encodeClientId({ type, id }: ClientId): Uint8Array {
  return Uint8Array.of(type, ...id);
}
