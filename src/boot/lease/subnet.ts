/** The nouns `subnet`, `pool` and `reservation`, and the table by which a decision finds them. */

import { type Ipv4, ipv4Number } from "../../wire/net/ipv4.ts";
import { type Ipv4Prefix, prefixHas } from "../../wire/net/ipv4-prefix.ts";
import type { Mac } from "../../wire/net/mac.ts";
import type { HostName } from "../host.ts";
import { normalSerial } from "../rpi4/serial.ts";

/** Addresses for whoever asks, both ends among them. */
export interface Pool {
  readonly first: Ipv4;
  readonly last: Ipv4;
}

/** Options by code, as they stand in a packet. */
export type DhcpOptions = ReadonlyMap<number, Uint8Array>;

/** A network that we give addresses on. */
export interface Subnet extends Ipv4Prefix {
  /** Empty: only who has a reservation gets an address. */
  readonly pools: readonly Pool[];
  /** The operator named no pool, so it goes around whatever has a fixed address. */
  readonly hasDefaultPool?: boolean;
  /** Router, name servers and whatever else the operator gives; neither mask nor lease times, which are ours. */
  readonly options: DhcpOptions;
  /** What a client gets that does not ask for a time. */
  readonly leaseSeconds: number;
  /** The most that a client gets that asks for more; at least `leaseSeconds`. */
  readonly maxLeaseSeconds: number;
  /** How long an address is avoided that somebody uses without asking. */
  readonly conflictSeconds: number;
  /** Whether an address of a pool is probed (ARP, ping) before its first lease. */
  readonly probe: boolean;
}

/**
 * A machine that the operator has named, and its addresses: nobody else ever gets those. Any one of
 * the identities is enough.
 */
export interface Reservation {
  /** The host of the configuration; absent for what is reserved by the subnet itself. */
  readonly host?: HostName;
  readonly macs: readonly Mac[];
  /** Option 61, its type byte among them, in lower-case hex without separators. */
  readonly clientIds: readonly string[];
  /** Lower case with hyphens. */
  readonly uuids: readonly string[];
  readonly serials: readonly string[];
  /** At most one in a subnet; none for a host that has but options of its own. */
  readonly addresses: readonly Ipv4[];
  /** Win over those of the subnet. */
  readonly options: DhcpOptions;
}

/** The subnets and reservations, indexed. Replaced as a whole when the configuration changes. */
export interface SubnetTable {
  readonly subnets: readonly Subnet[];
  readonly byMac: ReadonlyMap<Mac, Reservation>;
  readonly byClientId: ReadonlyMap<string, Reservation>;
  readonly byUuid: ReadonlyMap<string, Reservation>;
  readonly bySerial: ReadonlyMap<string, Reservation>;
  readonly byAddress: ReadonlyMap<Ipv4, Reservation>;
}

/** Makes the table. Of an identity or address that stands twice the first counts; the checks refuse such. */
export function subnetTable(
  subnets: readonly Subnet[],
  reservations: readonly Reservation[] = [],
): SubnetTable {
  const index = (keys: (each: Reservation) => readonly string[]) => {
    const found = new Map<string, Reservation>();
    for (const each of reservations) for (const key of keys(each)) if (!found.has(key)) found.set(key, each);
    return found;
  };
  return {
    subnets,
    byMac: index((each) => each.macs),
    byClientId: index((each) => each.clientIds),
    byUuid: index((each) => each.uuids),
    bySerial: index((each) => each.serials.map(normalSerial)),
    byAddress: index((each) => each.addresses),
  };
}

/** The subnet that has the address. */
export function subnetOf(address: Ipv4, { subnets }: Pick<SubnetTable, "subnets">): Subnet | undefined {
  return subnets.find((subnet) => prefixHas(subnet, address));
}

export function poolHas({ first, last }: Pool, address: Ipv4): boolean {
  const number = ipv4Number(address);
  return ipv4Number(first) <= number && number <= ipv4Number(last);
}
