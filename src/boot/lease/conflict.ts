/** How an address is probed before it is given away, and what the answers mean. */

import { ARP_REQUEST, type ArpPacket, NO_MAC } from "../../wire/net/arp.ts";
import { type Ipv4, UNSPECIFIED } from "../../wire/net/ipv4.ts";
import type { Mac } from "../../wire/net/mac.ts";

/**
 * How long each probe waits for its answer, in milliseconds.
 *
 * RFC 5227 takes up to seven seconds, which is longer than firmware waits for its offer: UEFI collects
 * offers for four, iPXE asks again after one. A machine on the same network answers within a few
 * milliseconds, a sleepy one within a hundred.
 */
export const PROBE_WAITS_MS: readonly number[] = [100, 120, 180];

/** The address to ask for, and who may answer. */
export interface ProbedAddress {
  readonly address: Ipv4;
  /** The machine that is to get it, whose own answer is no conflict. */
  readonly owner?: Mac;
}

/** The question of RFC 5227 §2.1.1: it has no sender address, so that nobody's memory is spoiled by it. */
export function arpProbe(address: Ipv4, senderMac: Mac): ArpPacket {
  return {
    operation: ARP_REQUEST,
    senderMac,
    senderIp: UNSPECIFIED,
    targetMac: NO_MAC,
    targetIp: address,
  };
}

/** Whether a packet says that somebody uses the address, or is about to (RFC 5227 §2.1.1). */
export function claimsAddress(packet: ArpPacket, { address, owner }: ProbedAddress): boolean {
  if (packet.senderMac === owner) return false;
  const isUsed = packet.senderIp === address;
  const isProbed =
    packet.operation === ARP_REQUEST && packet.senderIp === UNSPECIFIED && packet.targetIp === address;
  return isUsed || isProbed;
}

/** What the kernel knows of a neighbour. */
export interface Neighbour {
  readonly address: Ipv4;
  readonly mac: Mac;
}

/**
 * Reads `/proc/net/arp`: neighbours whose MAC address is known. It does not tell how long ago it was heard.
 *
 * @param table - the file's text
 */
export function knownNeighbours(table: string): readonly Neighbour[] {
  return table
    .split("\n")
    .slice(1)
    .flatMap((line) => {
      const [address, , flags, mac] = line.trim().split(/\s+/);
      const isComplete = (Number.parseInt(flags ?? "", 16) & 2) !== 0;
      return isComplete && address !== undefined && mac !== undefined && mac !== NO_MAC
        ? [{ address, mac: mac.toLowerCase() }]
        : [];
    });
}
