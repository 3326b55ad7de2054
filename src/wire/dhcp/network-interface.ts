/** Option 94: the network driver interface of the client, as in `UNDI 3.16`. */

import { WireError } from "../error.ts";

export interface NetworkInterface {
  /** 1 is UNDI, the only one registered. */
  readonly type: number;
  readonly major: number;
  readonly minor: number;
}

/**
 * Reads option 94, Client Network Interface Identifier.
 *
 * @throws {@link WireError} `WIRE_BAD_LENGTH` if it is not three bytes
 * @see RFC 4578 §2.2
 */
export function decodeNetworkInterface(value: Uint8Array): NetworkInterface {
  const [type, major, minor] = value;
  if (type === undefined || major === undefined || minor === undefined || value.length !== 3) {
    throw new WireError("WIRE_BAD_LENGTH", `option 94 has ${value.length} bytes, want 3`);
  }
  return { type, major, minor };
}

/** Writes option 94. The inverse of {@link decodeNetworkInterface}. */
export function encodeNetworkInterface({ type, major, minor }: NetworkInterface): Uint8Array {
  return Uint8Array.of(type, major, minor);
}
