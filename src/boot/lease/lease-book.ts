/**
 * The book of leases: what is known of each address, as it stands now.
 *
 * It is changed in place, by one function: with tens of thousands of leases a copy for each ACK would
 * cost more than the answer. Decisions get it as a {@link LeaseBook}, which they can only read.
 */

import { type Ipv4, ipv4Number } from "../../wire/net/ipv4.ts";
import type { Lease, LeaseOffer, LeaseOwner } from "./lease.ts";

/** Addresses that share their first three bytes. */
export const BLOCK = 256;

/** The leases and the offers, to read. */
export interface LeaseBook {
  lease(address: Ipv4): Lease | undefined;
  /** All that an owner has or had, one for each address; oldest use first. */
  leasesOf(owner: LeaseOwner): readonly Lease[];
  /** All leases by their address as a number, the longest unused first. */
  leases(): Iterable<readonly [address: number, lease: Lease]>;
  offer(address: Ipv4): LeaseOffer | undefined;
  /** What was offered to an owner, in the order of the offers. */
  offersOf(owner: LeaseOwner): readonly LeaseOffer[];
  offers(): Iterable<LeaseOffer>;
  /** Whether nobody ever had the address, given as a number (see {@link ipv4Number}). */
  isNew(address: number): boolean;
  /** Whether every one of the 256 addresses has been somebody's that share their first three bytes with this one. */
  isBlockKnown(address: number): boolean;
}

/** One thing that became different in the book. */
export type LeaseChange =
  /** To be kept: replaces what is known of the address, and ends an offer of it. */
  | { readonly type: "put"; readonly lease: Lease }
  /** To be kept: nothing is known of the address any more. */
  | { readonly type: "remove"; readonly address: Ipv4 }
  /** In memory alone: replaces an older offer of the address. */
  | { readonly type: "offer"; readonly offer: LeaseOffer }
  /** In memory alone: the offer of the address is over. */
  | { readonly type: "withdraw"; readonly address: Ipv4 };

/** Whether a change must be on the disk before anybody is told of it. */
export function isDurable(
  change: LeaseChange,
): change is Extract<LeaseChange, { readonly type: "put" | "remove" }> {
  return change.type === "put" || change.type === "remove";
}

/** A book that {@link applyLeases} can change. */
export interface OpenLeaseBook extends LeaseBook {
  /** By the address as a number, the longest unused first. */
  readonly byAddress: Map<number, Lease>;
  readonly byOwner: Map<LeaseOwner, Map<number, Lease>>;
  /** How many leases there are by the first three bytes of their addresses, so that a full pool is seen to be full. */
  readonly byBlock: Map<number, number>;
  readonly offerByAddress: Map<number, LeaseOffer>;
  readonly offersByOwner: Map<LeaseOwner, Map<number, LeaseOffer>>;
}

/** A book with these leases, as a start after a crash makes it from what was kept. */
export function createLeaseBook(leases: Iterable<Lease> = []): OpenLeaseBook {
  const byAddress = new Map<number, Lease>();
  const byOwner = new Map<LeaseOwner, Map<number, Lease>>();
  const byBlock = new Map<number, number>();
  const offerByAddress = new Map<number, LeaseOffer>();
  const offersByOwner = new Map<LeaseOwner, Map<number, LeaseOffer>>();
  const book: OpenLeaseBook = {
    byAddress,
    byOwner,
    byBlock,
    offerByAddress,
    offersByOwner,
    lease: (address) => byAddress.get(ipv4Number(address)),
    leasesOf: (owner) => [...(byOwner.get(owner)?.values() ?? [])],
    leases: () => byAddress.entries(),
    offer: (address) => offerByAddress.get(ipv4Number(address)),
    offersOf: (owner) => [...(offersByOwner.get(owner)?.values() ?? [])],
    offers: () => offerByAddress.values(),
    isNew: (address) => !byAddress.has(address),
    isBlockKnown: (address) => byBlock.get(address >>> 8) === BLOCK,
  };
  const oldestFirst = [...leases].sort((a, b) => a.usedMs - b.usedMs);
  applyLeases(
    book,
    oldestFirst.map((lease) => ({ type: "put", lease })),
  );
  return book;
}

/**
 * Enters changes, in order.
 *
 * The shell does so at once, before they are on the disk, so that the next decision already knows
 * them; only the reply waits for the disk.
 */
export function applyLeases(book: OpenLeaseBook, changes: readonly LeaseChange[]): void {
  for (const change of changes) applyOne(book, change);
}

function applyOne(book: OpenLeaseBook, change: LeaseChange): void {
  switch (change.type) {
    case "put": {
      const address = ipv4Number(change.lease.address);
      const isKnown = drop(book.byAddress, book.byOwner, address);
      drop(book.offerByAddress, book.offersByOwner, address);
      enter(book.byAddress, book.byOwner, change.lease);
      if (!isKnown) countBlock(book, address, 1);
      return;
    }
    case "remove": {
      const address = ipv4Number(change.address);
      if (drop(book.byAddress, book.byOwner, address)) countBlock(book, address, -1);
      return;
    }
    case "offer":
      drop(book.offerByAddress, book.offersByOwner, ipv4Number(change.offer.address));
      enter(book.offerByAddress, book.offersByOwner, change.offer);
      return;
    case "withdraw":
      drop(book.offerByAddress, book.offersByOwner, ipv4Number(change.address));
      return;
  }
}

interface Owned {
  readonly address: Ipv4;
  readonly owner: LeaseOwner;
}

/** Adds at the end: the maps keep the order of use. */
function enter<T extends Owned>(
  byAddress: Map<number, T>,
  byOwner: Map<LeaseOwner, Map<number, T>>,
  entry: T,
): void {
  const address = ipv4Number(entry.address);
  byAddress.set(address, entry);
  const own = byOwner.get(entry.owner) ?? new Map<number, T>();
  byOwner.set(entry.owner, own.set(address, entry));
}

/** @returns whether there was one */
function drop<T extends Owned>(
  byAddress: Map<number, T>,
  byOwner: Map<LeaseOwner, Map<number, T>>,
  address: number,
): boolean {
  const entry = byAddress.get(address);
  if (entry === undefined) return false;
  byAddress.delete(address);
  const own = byOwner.get(entry.owner);
  own?.delete(address);
  if (own?.size === 0) byOwner.delete(entry.owner);
  return true;
}

function countBlock({ byBlock }: OpenLeaseBook, address: number, step: 1 | -1): void {
  const block = address >>> 8;
  const count = (byBlock.get(block) ?? 0) + step;
  if (count === 0) byBlock.delete(block);
  else byBlock.set(block, count);
}
