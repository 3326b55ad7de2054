/**
 * The packet that switches a sleeping machine on: six bytes of ones, then its address sixteen times.
 *
 * The network card looks for that pattern anywhere in a frame; UDP to the port of `discard` carries it.
 */

import { WireError } from "../error.ts";
import { encodeMac, formatMac, type Mac } from "./mac.ts";

/** UDP, by custom. */
export const WAKE_PORT = 9;

const SYNC_LENGTH = 6;
const MAC_LENGTH = 6;
const REPEATS = 16;
const LENGTH = SYNC_LENGTH + REPEATS * MAC_LENGTH;

export function encodeMagicPacket(mac: Mac): Uint8Array {
  const packet = new Uint8Array(LENGTH).fill(0xff, 0, SYNC_LENGTH);
  const address = encodeMac(mac);
  for (let at = SYNC_LENGTH; at < LENGTH; at += MAC_LENGTH) packet.set(address, at);
  return packet;
}

/**
 * Reads the machine that a magic packet is for. The inverse of {@link encodeMagicPacket}.
 *
 * What stands behind the pattern, a SecureOn password for instance, is not looked at.
 *
 * @throws {@link WireError} `WIRE_BAD_LENGTH` if too short, `WIRE_BAD_MAGIC` for anything else than the pattern
 */
export function decodeMagicPacket(packet: Uint8Array): Mac {
  if (packet.length < LENGTH) {
    throw new WireError(
      "WIRE_BAD_LENGTH",
      `a magic packet has ${LENGTH} bytes, this has ${packet.length}`,
      0,
    );
  }
  const address = packet.subarray(SYNC_LENGTH, SYNC_LENGTH + MAC_LENGTH);
  for (let at = 0; at < LENGTH; at++) {
    const wanted = at < SYNC_LENGTH ? 0xff : address[at % MAC_LENGTH];
    if (packet[at] !== wanted) throw new WireError("WIRE_BAD_MAGIC", "no magic packet's pattern", at);
  }
  return formatMac(address);
}
