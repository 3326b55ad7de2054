/** What is asked of the leases, and what is decided: the contract between the decision and its shell. */

import type { DhcpPacket } from "../../wire/dhcp/packet.ts";
import type { Ipv4 } from "../../wire/net/ipv4.ts";
import type { BootClient } from "../client.ts";
import type { LeaseOwner } from "./lease.ts";
import type { LeaseChange } from "./lease-book.ts";
import type { Reservation, Subnet } from "./subnet.ts";

/** One request on port 67, and what its shell knows beside it. */
export interface LeaseQuestion {
  readonly request: DhcpPacket;
  /** Of `identify()`; absent for clients that do not netboot, which get addresses too. */
  readonly client?: BootClient;
  /** Our address as machines on the interface that it came in by reach it: the server identifier. */
  readonly self: Ipv4;
  /** The interface's own address, which tells its network; absent: it is `self`. */
  readonly link?: Ipv4;
  /** All our addresses, `self` among them: none of them is ever leased, and none is a foreign server. */
  readonly ownAddresses: readonly Ipv4[];
  /** Milliseconds since 1970: leases outlive the process. */
  readonly nowMs: number;
  /**
   * Whether the datagram was sent to everybody, where the shell knows: a client that renews asks us
   * alone, one that rebinds asks everybody.
   */
  readonly wasBroadcast?: boolean;
  /** The machine has a name in the configuration: it goes before strangers where addresses are scarce. */
  readonly isKnown?: boolean;
  /** The result of the probe that an earlier answer to this very request asked for. */
  readonly probed?: ProbeResult;
}

export interface ProbeResult {
  readonly address: Ipv4;
  readonly inUse: boolean;
}

/** What a request is, told apart as RFC 2131 §4.3.2 does for REQUEST. */
export type LeaseRequestKind =
  | "discover"
  | "selecting"
  | "init-reboot"
  | "renewing"
  | "rebinding"
  | "decline"
  | "release"
  | "inform"
  | "bootp";

/** What an OFFER or an ACK grants. */
export interface Grant {
  readonly address: Ipv4;
  readonly subnet: Subnet;
  readonly owner: LeaseOwner;
  /** Absent: a stranger. */
  readonly reservation?: Reservation;
  /** Option 51. */
  readonly leaseSeconds: number;
}

/**
 * What becomes of a request.
 *
 * The shell enters `changes` into the book at once (`applyLeases`). Where `durable` is true it then
 * writes those of them that `isDurable` says into the store, waits until they are on the disk, and
 * only then sends the reply; if that fails it sends none. Where it is false nothing has to be kept.
 */
export type LeaseDecision = Effect &
  (
    | ({ readonly type: "offer" } & Grant)
    | ({ readonly type: "ack"; readonly durable: true; readonly kind: LeaseRequestKind } & Grant)
    /** The client must let go of what it wants. Sent to everybody, or through the relay. */
    | {
        readonly type: "nak";
        readonly reason: NakReason;
        /** What it wanted. */
        readonly address: Ipv4;
        readonly subnet: Subnet;
      }
    /** Options alone, to a client that has its address from elsewhere. */
    | { readonly type: "inform-ack"; readonly subnet: Subnet; readonly reservation?: Reservation }
    /** No reply. */
    | { readonly type: "released"; readonly durable: true; readonly address: Ipv4 }
    /** No reply; the operator is told that somebody uses the address. It is avoided until `untilMs`. */
    | {
        readonly type: "declined";
        readonly durable: true;
        readonly address: Ipv4;
        readonly untilMs: number;
      }
    /**
     * Nothing is sent yet. The shell probes the address (once, however many requests wait for it) and
     * asks again with the result in `probed`, for the latest of them. A probe that cannot be made, as
     * behind a relay that no ping passes, counts as one that found nobody.
     */
    | { readonly type: "probe"; readonly address: Ipv4 }
    | ({ readonly type: "silent" } & Silence)
  );

/** What a decision changes, whatever it is. */
export interface Effect {
  /** Whether `changes` has some that must be on the disk before a reply leaves. */
  readonly durable: boolean;
  readonly changes: readonly LeaseChange[];
  /** An address that the probe in the question found in use: worth a notice. It is avoided from now on. */
  readonly conflict?: Ipv4;
}

export type NakReason =
  | "wrong-subnet" // its address is not of the network that it is on
  | "moved" // it has a reservation for another address
  | "reserved" // its address is reserved for another machine
  | "taken" // another machine has it
  | "not-ours-to-give"; // in the subnet, but neither in a pool nor reserved for it, or in conflict

/** Why nothing is sent. Each is explained in docs/errors.md, and said in words by `describeLeaseSilence`. */
export type LeaseSilence =
  | "no-subnet" // no subnet is configured for the network that the request came from
  | "pool-exhausted"
  | "no-reservation" // the subnet has no pool, and nothing reserved for this machine
  | "bootp" // plain BOOTP: an address given so could never be taken back
  | "no-identity" // it says nothing by which it could be told from others
  | "foreign-server" // it chose another server
  | "own-other-address" // it chose us by another of our addresses, where it is answered
  | "not-its-lease" // a RELEASE or DECLINE of what it does not have
  | "not-a-request"; // a reply, a type that is none for a server, or one that contradicts itself

export type Silence =
  /** `link` is an address of the network. */
  | (Because<"no-subnet"> & { readonly link: Ipv4 })
  | (Because<"pool-exhausted" | "no-reservation"> & { readonly subnet: Subnet })
  /** The shell tells the operator of it. */
  | (Because<"foreign-server"> & { readonly server: Ipv4 })
  | Because<"bootp" | "no-identity" | "own-other-address" | "not-its-lease" | "not-a-request">;

interface Because<Reason extends LeaseSilence> {
  readonly reason: Reason;
}
