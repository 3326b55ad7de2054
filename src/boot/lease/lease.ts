/** The nouns `lease` and `offer`: who may use an address, until when, and who was only asked whether it wants one. */

import type { Ipv4 } from "../../wire/net/ipv4.ts";
import type { Mac } from "../../wire/net/mac.ts";

/**
 * Who holds a lease, as one key: `mac:52:54:00:12:34:56` wherever there is an Ethernet address, else
 * `hw:TYPE:HEX`, `id:HEX` (option 61) or `uuid:…` (option 97).
 *
 * Option 61 is no key where there is an Ethernet address: firmware, iPXE and Linux each send another
 * one, and one boot would take three addresses.
 */
export type LeaseOwner = string;

/**
 * - `leased`: the owner may use it until `untilMs`, and after that it is free, but still remembered
 * - `released`: given back, free, and the owner's again if it comes back in time
 * - `conflict`: somebody uses it without asking: nobody gets it until `untilMs`
 */
export type LeaseState = "leased" | "released" | "conflict";

/** What is known of an address. There is at most one of an address, so they are as many as the addresses. */
export interface Lease {
  readonly address: Ipv4;
  /** The last one that had it; of a conflict: the one that found it. */
  readonly owner: LeaseOwner;
  readonly state: LeaseState;
  /** Milliseconds since 1970. Of a released one: when it was released. */
  readonly untilMs: number;
  /** When it was last granted, renewed, given back or found in conflict: strangers get the longest unused one. */
  readonly usedMs: number;
  /** When this owner first got it. */
  readonly sinceMs: number;
  readonly mac?: Mac;
  /**
   * By what else the machine was known when it asked. Linux says neither of the two, and keeps by them
   * the address that is reserved for its firmware.
   */
  readonly uuid?: string;
  readonly serial?: string;
  /** What the client calls itself (option 12): for people, and worth no more than its word. */
  readonly hostName?: string;
}

/**
 * An address that was offered and not yet asked for, or that is being probed. Kept in memory alone: a
 * client whose offer is forgotten by a crash asks again.
 */
export interface LeaseOffer {
  readonly address: Ipv4;
  readonly owner: LeaseOwner;
  /** Milliseconds since 1970; from then on others may get it. */
  readonly untilMs: number;
  /** Whether it is known that nobody uses the address; if not, nothing was sent yet. */
  readonly isProbed: boolean;
  /** Whether the owner is a machine that the operator has named; others give way to those. */
  readonly isKnown: boolean;
}

/** Whether the owner may use it at this time. */
export function isLeased(lease: Lease | undefined, nowMs: number): boolean {
  return lease !== undefined && lease.state === "leased" && lease.untilMs > nowMs;
}

/** Whether the address is avoided at this time because somebody uses it without asking. */
export function isInConflict(lease: Lease | undefined, nowMs: number): boolean {
  return lease !== undefined && lease.state === "conflict" && lease.untilMs > nowMs;
}
