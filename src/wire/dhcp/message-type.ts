/** Option 53: what a DHCP packet is for. */

import { WireError } from "../error.ts";

const NAMES = ["DISCOVER", "OFFER", "REQUEST", "DECLINE", "ACK", "NAK", "RELEASE", "INFORM"] as const;

/** The message types of RFC 2131, without their `DHCP` in front. */
export type MessageType = (typeof NAMES)[number];

/**
 * Reads option 53.
 *
 * @returns `undefined` for types of later RFCs (lease queries and the like), which no netboot client sends
 * @throws {@link WireError} `WIRE_BAD_LENGTH` if it is not one byte
 * @see RFC 2132 §9.6
 */
export function decodeMessageType(value: Uint8Array): MessageType | undefined {
  if (value.length !== 1) {
    throw new WireError("WIRE_BAD_LENGTH", `option 53 has ${value.length} bytes, want 1`);
  }
  return NAMES[(value[0] ?? 0) - 1];
}

/** Writes option 53. The inverse of {@link decodeMessageType}. */
export function encodeMessageType(type: MessageType): Uint8Array {
  return Uint8Array.of(NAMES.indexOf(type) + 1);
}
