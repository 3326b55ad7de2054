/** Which address a client gets, and whether it may have the one that it wants. */

import { decodeAddresses } from "../../wire/dhcp/addresses.ts";
import { OPTION } from "../../wire/dhcp/option.ts";
import { type Ipv4, ipv4FromNumber, ipv4Number } from "../../wire/net/ipv4.ts";
import { ipv4Broadcast, prefixHas } from "../../wire/net/ipv4-prefix.ts";
import { isInConflict, isLeased, type LeaseOffer, type LeaseOwner } from "./lease.ts";
import { BLOCK, type LeaseBook } from "./lease-book.ts";
import type { NakReason } from "./lease-decision.ts";
import type { LeaseClient } from "./owner.ts";
import { poolHas, type Subnet, type SubnetTable } from "./subnet.ts";

/** Everything that the choice depends on. */
export interface Choice {
  readonly client: LeaseClient;
  readonly subnet: Subnet;
  readonly book: LeaseBook;
  readonly table: SubnetTable;
  readonly ownAddresses: readonly Ipv4[];
  readonly nowMs: number;
  /** Whether offers to strangers give way to this client. */
  readonly isKnown: boolean;
}

/**
 * Chooses the address to offer: the reserved one, else what the client has or had, else what it asks
 * for, else one that nobody ever had, else the one that was longest unused.
 *
 * @param wanted - option 50
 * @returns `undefined` if there is none left for it
 * @see RFC 2131 §4.3.1
 */
export function chooseAddress(choice: Choice, wanted: Ipv4 | undefined): Ipv4 | undefined {
  const reserved = reservedAddress(choice);
  if (reserved !== undefined) return reserved;
  const { client, book, subnet, nowMs } = choice;
  const had = book.leasesOf(client.owner).filter(({ state }) => state !== "conflict");
  const offered = book.offersOf(client.owner).filter(({ untilMs }) => untilMs > nowMs);
  const preferred = [
    ...had.filter((lease) => isLeased(lease, nowMs)).reverse(),
    ...offered.toReversed(),
    ...had.toReversed(),
    ...(wanted === undefined ? [] : [{ address: wanted }]),
  ].find(({ address }) => prefixHas(subnet, address) && whyNot(choice, address) === undefined);
  return preferred?.address ?? newAddress(choice) ?? longestUnused(choice) ?? fromStranger(choice);
}

/** The address reserved for the client in this subnet, if nothing stands against giving it now. */
export function reservedAddress(choice: Choice): Ipv4 | undefined {
  const { client, subnet } = choice;
  const address = client.reservation?.addresses.find((each) => prefixHas(subnet, each));
  return address !== undefined && isFree(choice, address) ? address : undefined;
}

/**
 * Why the client cannot have an address, by the rules and by what others have; `undefined` if it can.
 *
 * @see RFC 2131 §4.3.2
 */
export function whyNot(choice: Choice, address: Ipv4): NakReason | undefined {
  const { client, subnet, table, book, nowMs } = choice;
  if (!prefixHas(subnet, address)) return "wrong-subnet";
  const reservation = table.byAddress.get(address);
  if (reservation !== undefined && reservation !== client.reservation) return "reserved";
  const reserved = reservedAddress(choice);
  if (reserved !== undefined && reserved !== address) return "moved";
  const inPool = subnet.pools.some((pool) => poolHas(pool, address)) && !isOurs(choice, address);
  if ((reservation === undefined && !inPool) || isInConflict(book.lease(address), nowMs)) {
    return "not-ours-to-give";
  }
  return isFree(choice, address) ? undefined : "taken";
}

/** Whether nobody else has it, was offered it, or uses it without asking. */
function isFree({ client, book, nowMs, isKnown }: Choice, address: Ipv4): boolean {
  const lease = book.lease(address);
  if (isInConflict(lease, nowMs)) return false;
  if (isLeased(lease, nowMs)) return lease?.owner === client.owner;
  const offer = book.offer(address);
  // A machine that once had the address, or that was named for it, does not lose it to a mere question.
  const givesWay = isKnown && offer?.isKnown === false && hadLast(book, address, client);
  return !isOfferedToOther(offer, client.owner, nowMs) || givesWay;
}

function hadLast(book: LeaseBook, address: Ipv4, { owner, reservation }: LeaseClient): boolean {
  return book.lease(address)?.owner === owner || reservation?.addresses.includes(address) === true;
}

function isOfferedToOther(offer: LeaseOffer | undefined, owner: LeaseOwner, nowMs: number): boolean {
  return offer !== undefined && offer.owner !== owner && offer.untilMs > nowMs;
}

/** The network's own address, its broadcast address, our own and the routers' are never given away. */
function isOurs({ subnet, ownAddresses }: Choice, address: Ipv4): boolean {
  const routers = subnet.options.get(OPTION.ROUTER);
  return (
    address === subnet.network ||
    address === ipv4Broadcast(subnet) ||
    ownAddresses.includes(address) ||
    (routers !== undefined && decodeAddresses(routers, OPTION.ROUTER).includes(address))
  );
}

/**
 * An address of which nothing is known. The search begins at a place that the owner's key decides: a
 * machine gets the same one again even from a server that has lost its memory, and the search is short.
 */
function newAddress(choice: Choice): Ipv4 | undefined {
  const ranges = poolRanges(choice.subnet);
  const total = ranges.reduce((sum, { first, last }) => sum + last - first + 1, 0);
  if (total === 0) return undefined;
  const start = hash(choice.client.owner) % total;
  return newWithin(choice, ranges, start, total) ?? newWithin(choice, ranges, 0, start);
}

/** @param from - counted through all ranges, as is `to`, which is not among them any more */
function newWithin(choice: Choice, ranges: readonly Range[], from: number, to: number): Ipv4 | undefined {
  const { book } = choice;
  let passed = 0;
  for (const { first, last } of ranges) {
    const end = Math.min(last, first + to - passed - 1);
    for (let number = first + Math.max(0, from - passed); number <= end; number++) {
      if (number % BLOCK === 0 && book.isBlockKnown(number)) {
        number += BLOCK - 1;
      } else if (book.isNew(number)) {
        const address = ipv4FromNumber(number);
        if (whyNot(choice, address) === undefined) return address;
      }
    }
    passed += last - first + 1;
  }
  return undefined;
}

function longestUnused(choice: Choice): Ipv4 | undefined {
  const { subnet, book, nowMs } = choice;
  const ranges = poolRanges(subnet);
  for (const [number, lease] of book.leases()) {
    if (isLeased(lease, nowMs) || !ranges.some(({ first, last }) => first <= number && number <= last))
      continue;
    if (whyNot(choice, lease.address) === undefined) return lease.address;
  }
  return undefined;
}

/** The oldest offer to a stranger: a flood of those must not keep the operator's machines from booting. */
function fromStranger(choice: Choice): Ipv4 | undefined {
  const { subnet, book, isKnown } = choice;
  if (!isKnown) return undefined;
  const withoutOffers: Choice = { ...choice, book: { ...book, offer: () => undefined } };
  for (const { address, isKnown: byKnown } of book.offers()) {
    if (byKnown || !prefixHas(subnet, address)) continue;
    if (whyNot(withoutOffers, address) === undefined) return address;
  }
  return undefined;
}

interface Range {
  readonly first: number;
  readonly last: number;
}

function poolRanges({ pools }: Subnet): Range[] {
  return pools.map(({ first, last }) => ({ first: ipv4Number(first), last: ipv4Number(last) }));
}

/** FNV-1a of 32 bits: spreads owners over a pool. */
function hash(text: string): number {
  let value = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) value = Math.imul(value ^ text.charCodeAt(i), 0x01000193) >>> 0;
  return value;
}
