/** What is kept of a datagram in a capture, and which machine it names by itself. Pure. */

import { LIMITED_BROADCAST } from "../../wire/net/ipv4.ts";
import { decodeMac, type Mac } from "../../wire/net/mac.ts";

/** Where DHCP has the kind and the length of the hardware address, the relay's address and the hardware address. */
const DHCP = { TYPE: 1, LENGTH: 2, RELAY: 24, ADDRESS: 28, ADDRESS_END: 34 } as const;
const ETHERNET = 1;

/** The machine that a DHCP packet is of, also of one that cannot be read to its end. */
export function machineOfDhcp(bytes: Uint8Array): Mac | undefined {
  if (bytes.length < DHCP.ADDRESS_END || bytes[DHCP.TYPE] !== ETHERNET || bytes[DHCP.LENGTH] !== 6)
    return undefined;
  return decodeMac(bytes.subarray(DHCP.ADDRESS, DHCP.ADDRESS_END));
}

/** Whether a relay stands between. */
export function isRelayed(bytes: Uint8Array): boolean {
  return bytes.subarray(DHCP.RELAY, DHCP.ADDRESS).some((byte) => byte !== 0);
}

const DATA = 3;
/** Enough to recognise a file by, and to see which block it is. */
const KEPT_DATA_BYTES = 64;

/** The block of a TFTP DATA packet; `undefined` for all others. */
export function dataBlock(bytes: Uint8Array): number | undefined {
  if (bytes.length < 4 || bytes[0] !== 0 || bytes[1] !== DATA) return undefined;
  return ((bytes[2] ?? 0) << 8) | (bytes[3] ?? 0);
}

/** How much of a TFTP packet is kept: of a file its first block, and the beginning of the others. */
export function keptOfTftp(bytes: Uint8Array): number {
  const block = dataBlock(bytes);
  return block === undefined || block === 1 ? bytes.length : KEPT_DATA_BYTES;
}

/**
 * Hardware addresses of frames that nobody has seen: they are locally administered ones, which no card has.
 */
const BROADCAST: Mac = "ff:ff:ff:ff:ff:ff";
export const OUR_MAC: Mac = "02:00:00:00:00:01";
export const ROUTER_MAC: Mac = "02:00:00:00:00:02";

/** The hardware address that a frame to or from this address has. @param otherwise - where it is not everybody's */
export function linkAddress(address: string, otherwise: Mac): Mac {
  return address === LIMITED_BROADCAST ? BROADCAST : otherwise;
}
