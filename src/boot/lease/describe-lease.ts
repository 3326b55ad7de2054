/** Lease decisions in words: for the log, for `explain`, and for the text of a NAK. */

import { formatIpv4Prefix } from "../../wire/net/ipv4-prefix.ts";
import type { LeaseDecision, Silence } from "./lease-decision.ts";

/** One sentence without a full stop, as in `10.0.0.7 is offered for an hour`. */
export function describeLease(decision: LeaseDecision): string {
  switch (decision.type) {
    case "offer":
      return `${decision.address} is offered${reservedText(decision.reservation)} for ${decision.leaseSeconds} s`;
    case "ack":
      return `${decision.address} is leased${reservedText(decision.reservation)} for ${decision.leaseSeconds} s`;
    case "nak":
      return `refused: ${describeNak(decision)}`;
    case "inform-ack":
      return "gets options alone: it has its address from elsewhere";
    case "released":
      return `gives ${decision.address} back`;
    case "declined":
      return `declines ${decision.address}: somebody uses it without asking`;
    case "probe":
      return `waits until ${decision.address} was probed`;
    case "silent":
      return describeLeaseSilence(decision);
  }
}

/** The reason of a NAK. Many clients log it, and some show it on the screen: at most 255 bytes of ASCII. */
export function describeNak({ reason, address, subnet }: LeaseDecision & { readonly type: "nak" }): string {
  switch (reason) {
    case "wrong-subnet":
      return `${address} is not of this network, ${formatIpv4Prefix(subnet)}`;
    case "moved":
      return `another address is reserved for this machine than ${address}`;
    case "reserved":
      return `${address} is reserved for another machine`;
    case "taken":
      return `another machine has ${address}`;
    case "not-ours-to-give":
      return `${address} is not given to anybody now`;
  }
}

/** Why nothing is sent, and what mends it where something can. */
export function describeLeaseSilence(silence: Silence): string {
  switch (silence.reason) {
    case "no-subnet":
      return `no subnet of the configuration has ${silence.link}, where it asks: name one under 'subnets:', as in '{ subnet: ${likelySubnet(silence.link)} }'`;
    case "pool-exhausted":
      return `every address of the pools of ${formatIpv4Prefix(silence.subnet)} is taken: make them larger, or 'leaseSeconds' shorter`;
    case "no-reservation":
      return `${formatIpv4Prefix(silence.subnet)} has no pool, and no reservation for this machine: give it an 'address:' under 'hosts:'`;
    case "bootp":
      return "it speaks BOOTP, which has no leases: an address given to it could never be given to another";
    case "no-identity":
      return "it sends neither an Ethernet address nor a client id";
    case "foreign-server":
      return `it takes its address from another DHCP server, ${silence.server}: there should be one on a network`;
    case "own-other-address":
      return "it asks another of our own addresses";
    case "not-its-lease":
      return "it gives back an address that it does not have";
    case "not-a-request":
      return "it asks nothing that a DHCP server answers";
  }
}

function reservedText(reservation: { readonly host?: string } | undefined): string {
  if (reservation === undefined) return "";
  return reservation.host === undefined ? " as reserved" : ` as reserved for ${reservation.host}`;
}

function likelySubnet(link: string): string {
  return link.replace(/\.\d+$/, ".0/24");
}
