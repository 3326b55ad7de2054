/** Option 57: the largest DHCP message that the client takes. */

import { WireError } from "../error.ts";

/**
 * Reads option 57, in bytes of IP packet.
 *
 * Some firmware sends it with its bytes swapped (OVMF's 65280), so it is an upper bound and no promise.
 *
 * @throws {@link WireError} `WIRE_BAD_LENGTH` if it is not two bytes
 * @see RFC 2132 §9.10
 */
export function decodeMessageSize(value: Uint8Array): number {
  const [high, low] = value;
  if (high === undefined || low === undefined || value.length !== 2) {
    throw new WireError("WIRE_BAD_LENGTH", `option 57 has ${value.length} bytes, want 2`);
  }
  return (high << 8) | low;
}
