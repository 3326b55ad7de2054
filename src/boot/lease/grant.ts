/** What a grant writes into the book: the lease itself, and the end of what the client had beside it. */

import type { Ipv4 } from "../../wire/net/ipv4.ts";
import { prefixHas } from "../../wire/net/ipv4-prefix.ts";
import type { Choice } from "./choose-address.ts";
import type { Lease, LeaseOffer } from "./lease.ts";
import type { LeaseChange } from "./lease-book.ts";
import type { LeaseClient } from "./owner.ts";
import type { Subnet } from "./subnet.ts";

/**
 * How long an offer is held. UEFI waits 4, 8, 16 and 32 seconds for offers before it chooses one: a
 * minute covers all of them.
 */
export const OFFER_MS = 60_000;
/** How long an address is held while it is probed. */
export const PROBE_MS = 10_000;
/** The shortest lease that a client gets that asks for less: each renewal is a write to the disk. */
const MIN_LEASE_SECONDS = 120;

/** Option 51 of the reply: what the client asks for, within the subnet's bounds. @see RFC 2131 §4.3.1 */
export function grantSeconds({ leaseSeconds, maxLeaseSeconds }: Subnet, wanted: number | undefined): number {
  if (wanted === undefined) return leaseSeconds;
  const least = Math.min(MIN_LEASE_SECONDS, leaseSeconds);
  return Math.min(Math.max(wanted, least), Math.max(maxLeaseSeconds, leaseSeconds));
}

export function offerOf(
  { client, isKnown }: Choice,
  address: Ipv4,
  untilMs: number,
  isProbed: boolean,
): LeaseOffer {
  return { address, owner: client.owner, untilMs, isProbed, isKnown };
}

/** An address that the client found, or had probed, in use. */
export function conflictLease(client: LeaseClient, address: Ipv4, nowMs: number, untilMs: number): Lease {
  const { owner, mac } = client;
  const who = mac === undefined ? { owner } : { owner, mac };
  return { address, ...who, state: "conflict", untilMs, usedMs: nowMs, sinceMs: nowMs };
}

/**
 * The changes of an ACK. A machine has one address in a subnet: others that it had there are free again.
 *
 * @param hostName - option 12
 */
export function ackChanges(
  choice: Choice,
  { address, leaseSeconds }: { readonly address: Ipv4; readonly leaseSeconds: number },
  hostName: string | undefined,
): readonly LeaseChange[] {
  const { client, book, subnet, nowMs } = choice;
  const { owner, mac, uuid, serial } = client;
  const here = ({ address: each }: { readonly address: Ipv4 }) => each !== address && prefixHas(subnet, each);
  const before = book.lease(address);
  const isSame = before?.owner === owner && before.state !== "conflict";
  const name = hostName ?? (isSame ? before.hostName : undefined);
  const lease: Lease = {
    address,
    owner,
    state: "leased",
    untilMs: nowMs + leaseSeconds * 1000,
    usedMs: nowMs,
    sinceMs: isSame ? before.sinceMs : nowMs,
    ...(mac !== undefined && { mac }),
    ...(uuid !== undefined && { uuid }),
    ...(serial !== undefined && { serial }),
    ...(name !== undefined && { hostName: name }),
  };
  return [
    ...book.offersOf(owner).filter(here).map(withdraw),
    ...book
      .leasesOf(owner)
      .filter(here)
      .flatMap((each) => release(each, nowMs)),
    { type: "put", lease },
  ];
}

function withdraw({ address }: LeaseOffer): LeaseChange {
  return { type: "withdraw", address };
}

function release(lease: Lease, nowMs: number): LeaseChange[] {
  if (lease.state !== "leased" || lease.untilMs <= nowMs) return [];
  return [{ type: "put", lease: { ...lease, state: "released", untilMs: nowMs, usedMs: nowMs } }];
}
