/** Subnets, questions and a book that takes each decision over, for tests of leases. */

import { decideLease } from "../../src/boot/lease/decide-lease.ts";
import type { Lease } from "../../src/boot/lease/lease.ts";
import { applyLeases, createLeaseBook, type OpenLeaseBook } from "../../src/boot/lease/lease-book.ts";
import type { LeaseDecision, LeaseQuestion } from "../../src/boot/lease/lease-decision.ts";
import { type Reservation, type Subnet, type SubnetTable, subnetTable } from "../../src/boot/lease/subnet.ts";
import { encodeAddresses } from "../../src/wire/dhcp/addresses.ts";
import { encodeNumber } from "../../src/wire/dhcp/numbers.ts";
import { OPTION } from "../../src/wire/dhcp/option.ts";
import { type RequestFacts, request } from "./packets.ts";

/** Our address on the first subnet. */
export const SELF = "10.0.0.1";
/** When the tests' time begins. */
export const START_MS = 1_800_000_000_000;

export function subnet(facts: Partial<Subnet> = {}): Subnet {
  return {
    network: "10.0.0.0",
    length: 24,
    pools: [{ first: "10.0.0.100", last: "10.0.0.109" }],
    options: new Map([[OPTION.ROUTER as number, encodeAddresses([SELF])]]),
    leaseSeconds: 3600,
    maxLeaseSeconds: 7200,
    conflictSeconds: 600,
    probe: false,
    ...facts,
  };
}

export function reservation(facts: Partial<Reservation>): Reservation {
  return {
    macs: [],
    clientIds: [],
    uuids: [],
    serials: [],
    addresses: [],
    options: new Map(),
    ...facts,
  };
}

export const NEIGHBOUR = subnet({
  network: "10.0.1.0",
  pools: [{ first: "10.0.1.100", last: "10.0.1.109" }],
  options: new Map(),
});

/** A DISCOVER, REQUEST … with the options that say which address, and of which server. */
export function ask(
  type: NonNullable<RequestFacts["type"]>,
  facts: RequestFacts & {
    readonly wants?: string;
    readonly server?: string;
    readonly seconds?: number;
    readonly has?: string;
  } = {},
) {
  const { wants, server, seconds, has, ...rest } = facts;
  const options = new Map<number, Uint8Array>([
    ...(wants === undefined ? [] : [[OPTION.REQUESTED_ADDRESS, encodeAddresses([wants])] as const]),
    ...(server === undefined ? [] : [[OPTION.SERVER_ID, encodeAddresses([server])] as const]),
    ...(seconds === undefined ? [] : [[OPTION.LEASE_SECONDS, encodeNumber(seconds, 4)] as const]),
    ...(rest.options ?? []),
  ]);
  const header = { ...(has !== undefined && { ciaddr: has }), ...rest.header };
  return request({ ...rest, type, options, header });
}

/** A server without I/O: each decision is entered at once, and what is durable is kept apart. */
export interface LeaseRig {
  readonly book: OpenLeaseBook;
  /** What a start after a crash would find. */
  readonly kept: ReadonlyMap<string, Lease>;
  decide(question: Partial<LeaseQuestion> & Pick<LeaseQuestion, "request">): LeaseDecision;
  /** DISCOVER and REQUEST; gives the address, or `undefined` if it got none. */
  boot(mac: string, facts?: Partial<LeaseQuestion>): string | undefined;
  /** Milliseconds that have passed. */
  nowMs: number;
  table: SubnetTable;
}

export function leaseRig(
  subnets: readonly Subnet[] = [subnet()],
  reservations: readonly Reservation[] = [],
  leases: readonly Lease[] = [],
): LeaseRig {
  const book = createLeaseBook(leases);
  const kept = new Map<string, Lease>(leases.map((lease) => [lease.address, lease]));
  const rig: LeaseRig = {
    book,
    kept,
    nowMs: 0,
    table: subnetTable(subnets, reservations),
    decide(question) {
      const nowMs = START_MS + rig.nowMs;
      const whole = { self: SELF, ownAddresses: [SELF], nowMs, ...question };
      const decision = decideLease(whole, book, rig.table);
      applyLeases(book, decision.changes);
      for (const change of decision.changes) {
        if (change.type === "put") kept.set(change.lease.address, change.lease);
        if (change.type === "remove") kept.delete(change.address);
      }
      return decision;
    },
    boot(mac, facts = {}) {
      const offer = rig.decide({ request: ask("DISCOVER", { mac }), ...facts });
      if (offer.type !== "offer") return undefined;
      const wants = offer.address;
      const server = facts.self ?? SELF;
      const ack = rig.decide({ request: ask("REQUEST", { mac, wants, server }), ...facts });
      return ack.type === "ack" ? ack.address : undefined;
    },
  };
  return rig;
}
