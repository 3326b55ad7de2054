/**
 * The decision about addresses: what becomes of one request, given the book of leases and the subnets.
 *
 * It knows no socket, no clock and no disk. Nothing is granted here that is not also in the decision's
 * changes, so whoever enters those before it asks again never gives an address twice.
 *
 * @see RFC 2131 §4.3
 */

import type { Ipv4 } from "../../wire/net/ipv4.ts";
import { type Choice, chooseAddress, whyNot } from "./choose-address.ts";
import { ackChanges, conflictLease, grantSeconds, OFFER_MS, offerOf, PROBE_MS } from "./grant.ts";
import { isInConflict, isLeased } from "./lease.ts";
import type { LeaseBook, LeaseChange } from "./lease-book.ts";
import type { LeaseDecision, LeaseQuestion, NakReason, Silence } from "./lease-decision.ts";
import { type LeaseRequest, linkOf, readLeaseRequest, serverIdentifier } from "./lease-request.ts";
import { leaseClient } from "./owner.ts";
import type { SubnetTable } from "./subnet.ts";

/** A request with everything about it looked up. */
interface Situation extends Choice {
  readonly question: LeaseQuestion;
  readonly request: LeaseRequest;
}

/** How many addresses one client may declare in conflict: one that sees a neighbour in its own echo would empty the pool. */
const MAX_CONFLICTS_OF_ONE = 4;

/**
 * Decides what becomes of a request on port 67.
 *
 * @throws {@link import("../../wire/error.ts").WireError} for options that are malformed
 */
export function decideLease(question: LeaseQuestion, book: LeaseBook, table: SubnetTable): LeaseDecision {
  const request = readLeaseRequest(question);
  if (request === undefined) return silent({ reason: "not-a-request" });
  // It gets no time limit, so what it is given would be lost for good.
  if (request.kind === "bootp") return silent({ reason: "bootp" });
  const elsewhere = otherServer(question, request);
  const client = leaseClient(question, book, table);
  if (elsewhere !== undefined) {
    // What we offered to it is free for others at once (RFC 2131 §3.1 step 3).
    const offers = client === undefined ? [] : book.offersOf(client.owner);
    return { ...silent(elsewhere), changes: offers.map(withdraw) };
  }
  if (client === undefined) return silent({ reason: "no-identity" });
  const { address: link, subnet } = linkOf(question, request.kind, table);
  if (subnet === undefined) return silent({ reason: "no-subnet", link });
  const { nowMs, ownAddresses } = question;
  const hadLease = book.leasesOf(client.owner).some(({ state }) => state !== "conflict");
  const isKnown = question.isKnown === true || client.reservation !== undefined || hadLease;
  return decideFor({ question, request, client, subnet, book, table, nowMs, ownAddresses, isKnown });
}

function decideFor(situation: Situation): LeaseDecision {
  const { request, subnet, client } = situation;
  switch (request.kind) {
    case "discover":
      return onDiscover(situation);
    case "selecting":
    case "init-reboot":
    case "renewing":
    case "rebinding":
      return onRequest(situation);
    case "decline":
      return onDecline(situation);
    case "release":
      return onRelease(situation);
    case "inform": {
      const { reservation } = client;
      const own = reservation === undefined ? {} : { reservation };
      return { type: "inform-ack", subnet, ...own, durable: false, changes: [] };
    }
    case "bootp":
      return silent({ reason: "bootp" });
  }
}

/** Another server was chosen, by name. A client that rebinds asks all, and names none. */
function otherServer(question: LeaseQuestion, { kind, server }: LeaseRequest): Silence | undefined {
  if (server === undefined || kind === "discover" || kind === "inform") return undefined;
  // A relay that is taken for the server passes on what is meant for it (RFC 5107).
  if (server === question.self || server === serverIdentifier(question)) return undefined;
  return question.ownAddresses.includes(server)
    ? { reason: "own-other-address" }
    : { reason: "foreign-server", server };
}

function onDiscover(situation: Situation): LeaseDecision {
  const { question, book, client, nowMs } = situation;
  const found = foundInUse(situation);
  if (found !== undefined) return afterConflict(situation, found);
  const address = chooseAddress(situation, situation.request.address);
  if (address === undefined) return none(situation);
  const isProbed = question.probed?.address === address && !question.probed.inUse;
  if (!isProbed && needsProbe(situation, address)) return probe(situation, address);
  const offer = offerOf(situation, address, nowMs + OFFER_MS, true);
  const stale = book.offersOf(client.owner).filter((each) => each.address !== address);
  return {
    type: "offer",
    ...grant(situation, address),
    durable: false,
    changes: [...stale.map(withdraw), { type: "offer", offer }],
  };
}

/** SELECTING, INIT-REBOOT, RENEWING and REBINDING: the client wants to keep or take a certain address. */
function onRequest(situation: Situation): LeaseDecision {
  const { request, question } = situation;
  const { address, kind } = request;
  if (address === undefined) return silent({ reason: "not-a-request" });
  const found = foundInUse(situation);
  if (found === address) {
    const { change } = conflictOf(situation, address);
    const refusal = nak(situation, address, "not-ours-to-give");
    return { ...refusal, conflict: address, durable: true, changes: [change] };
  }
  const reason = whyNot(situation, address);
  if (reason !== undefined) return nak(situation, address, reason);
  // One that renews uses the address itself: a probe would find nobody but it.
  const usesIt = kind === "renewing" || kind === "rebinding";
  const isProbed = question.probed?.address === address;
  if (!usesIt && !isProbed && needsProbe(situation, address)) return probe(situation, address);
  const granted = grant(situation, address);
  return {
    type: "ack",
    kind,
    ...granted,
    durable: true,
    changes: ackChanges(situation, granted, request.hostName),
  };
}

function onDecline(situation: Situation): LeaseDecision {
  const { request, book, client, nowMs } = situation;
  const { address } = request;
  const lease = address === undefined ? undefined : book.lease(address);
  const hasIt = isLeased(lease, nowMs) && lease?.owner === client.owner;
  const isOffered = address !== undefined && book.offer(address)?.owner === client.owner;
  if (address === undefined || !(hasIt || isOffered)) return silent({ reason: "not-its-lease" });
  const { change, untilMs } = conflictOf(situation, address);
  return { type: "declined", address, untilMs, durable: true, changes: [change] };
}

function onRelease({ request, book, client, nowMs }: Situation): LeaseDecision {
  const { address } = request;
  const lease = address === undefined ? undefined : book.lease(address);
  if (lease === undefined || lease.owner !== client.owner || !isLeased(lease, nowMs)) {
    return silent({ reason: "not-its-lease" });
  }
  const released = { ...lease, state: "released", untilMs: nowMs, usedMs: nowMs } as const;
  return {
    type: "released",
    address: lease.address,
    durable: true,
    changes: [{ type: "put", lease: released }],
  };
}

/** The address whose probe found somebody, if nobody has come to use it with our consent meanwhile. */
function foundInUse({ question: { probed }, book, nowMs }: Situation): Ipv4 | undefined {
  if (probed?.inUse !== true) return undefined;
  const lease = book.lease(probed.address);
  return isLeased(lease, nowMs) || isInConflict(lease, nowMs) ? undefined : probed.address;
}

/** Remembers the conflict, and goes on with the next address as if nothing had been asked before. */
function afterConflict(situation: Situation, address: Ipv4): LeaseDecision {
  const { book, question } = situation;
  const { lease, change } = conflictOf(situation, address);
  const { probed: _over, ...rest } = question;
  const next = onDiscover({
    ...situation,
    question: rest,
    book: {
      ...book,
      lease: (each) => (each === address ? lease : book.lease(each)),
      offersOf: (owner) => book.offersOf(owner).filter((offer) => offer.address !== address),
    },
  });
  return { ...next, conflict: address, durable: true, changes: [change, ...next.changes] };
}

function conflictOf(situation: Situation, address: Ipv4) {
  const { book, client, subnet, nowMs } = situation;
  const isDeclined = situation.request.kind === "decline";
  const earlier = book.leasesOf(client.owner).filter((lease) => isInConflict(lease, nowMs));
  const isTooMany = isDeclined && earlier.length >= MAX_CONFLICTS_OF_ONE;
  const untilMs = isTooMany ? nowMs : nowMs + subnet.conflictSeconds * 1000;
  const lease = conflictLease(client, address, nowMs, untilMs);
  const change: LeaseChange = { type: "put", lease };
  return { lease, change, untilMs };
}

/** A first lease of an address of a pool. What is reserved, or was this client's before, is its own. */
function needsProbe({ subnet, book, client, nowMs }: Situation, address: Ipv4): boolean {
  if (!subnet.probe || client.reservation?.addresses.includes(address) === true) return false;
  const lease = book.lease(address);
  if (lease?.owner === client.owner && lease.state !== "conflict") return false;
  const offer = book.offer(address);
  return !(offer?.owner === client.owner && offer.isProbed && offer.untilMs > nowMs);
}

/** Holds the address while it is probed, so that nobody else is offered it meanwhile. */
function probe(situation: Situation, address: Ipv4): LeaseDecision {
  const offer = offerOf(situation, address, situation.nowMs + PROBE_MS, false);
  return { type: "probe", address, durable: false, changes: [{ type: "offer", offer }] };
}

function grant({ client, subnet, request }: Situation, address: Ipv4) {
  return {
    address,
    subnet,
    owner: client.owner,
    ...(client.reservation !== undefined && { reservation: client.reservation }),
    leaseSeconds: grantSeconds(subnet, request.seconds),
  };
}

function nak({ subnet }: Situation, address: Ipv4, reason: NakReason) {
  return { type: "nak", reason, address, subnet, durable: false, changes: [] } as const;
}

/** No address is left, or none was ever meant for this client. */
function none(situation: Situation): LeaseDecision {
  const { subnet } = situation;
  return silent({ reason: subnet.pools.length === 0 ? "no-reservation" : "pool-exhausted", subnet });
}

function withdraw({ address }: { readonly address: Ipv4 }): LeaseChange {
  return { type: "withdraw", address };
}

function silent(silence: Silence): LeaseDecision {
  return { type: "silent", ...silence, durable: false, changes: [] };
}
