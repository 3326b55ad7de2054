/**
 * ARP packets for IPv4 over Ethernet: who has an address, and who says so.
 *
 * ```
 *  0 hardware type    2 protocol type    4 lengths (6, 4)    6 operation
 *  8 sender MAC      14 sender IP       18 target MAC       24 target IP
 * ```
 *
 * @see RFC 826, RFC 5227
 */

import { concat } from "../bytes.ts";
import { WireError } from "../error.ts";
import { decodeIpv4, encodeIpv4, type Ipv4 } from "./ipv4.ts";
import { encodeMac, formatMac, type Mac } from "./mac.ts";

export const ARP_REQUEST = 1;
export const ARP_REPLY = 2;
/** The target's MAC address in a request: what is asked for. */
export const NO_MAC: Mac = "00:00:00:00:00:00";

export interface ArpPacket {
  readonly operation: typeof ARP_REQUEST | typeof ARP_REPLY;
  readonly senderMac: Mac;
  readonly senderIp: Ipv4;
  readonly targetMac: Mac;
  readonly targetIp: Ipv4;
}

const BYTES = 28;
/** Ethernet, IPv4, and the lengths of their addresses. */
const KIND = Uint8Array.of(0, 1, 8, 0, 6, 4);

/**
 * Reads an ARP packet, what stands behind it in the frame left out.
 *
 * @throws {@link WireError} `WIRE_TRUNCATED`; `WIRE_BAD_VALUE` for anything but a request or reply of IPv4 over Ethernet
 */
export function decodeArp(bytes: Uint8Array): ArpPacket {
  if (bytes.length < BYTES) {
    throw new WireError("WIRE_TRUNCATED", `an ARP packet has ${BYTES} bytes, got ${bytes.length}`);
  }
  if (!KIND.every((byte, i) => bytes[i] === byte)) {
    throw new WireError("WIRE_BAD_VALUE", "not ARP for IPv4 over Ethernet", 0);
  }
  const operation = ((bytes[6] ?? 0) << 8) | (bytes[7] ?? 0);
  if (operation !== ARP_REQUEST && operation !== ARP_REPLY) {
    throw new WireError("WIRE_BAD_VALUE", `ARP operation ${operation}, want 1 (request) or 2 (reply)`, 6);
  }
  return {
    operation,
    senderMac: formatMac(bytes.subarray(8, 14)),
    senderIp: decodeIpv4(bytes, 14),
    targetMac: formatMac(bytes.subarray(18, 24)),
    targetIp: decodeIpv4(bytes, 24),
  };
}

/** Writes an ARP packet. The inverse of {@link decodeArp}. */
export function encodeArp({ operation, senderMac, senderIp, targetMac, targetIp }: ArpPacket): Uint8Array {
  return concat([
    KIND,
    Uint8Array.of(0, operation),
    encodeMac(senderMac),
    encodeIpv4(senderIp),
    encodeMac(targetMac),
    encodeIpv4(targetIp),
  ]);
}
