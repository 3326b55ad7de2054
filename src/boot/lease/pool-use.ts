/** How much of the pools is in use. Pure. */

import { ipv4Number } from "../../wire/net/ipv4.ts";
import { isInConflict, isLeased } from "./lease.ts";
import type { LeaseBook } from "./lease-book.ts";
import type { Reservation, Subnet } from "./subnet.ts";

/** The addresses of a subnet's pools, by what they are now; together they are all of them. */
export interface PoolUse {
  /** As the configuration has it: `10.0.0.0/24`. */
  readonly subnet: string;
  readonly leased: number;
  /** Somebody uses them without asking. */
  readonly conflict: number;
  /** Kept for machines that are named. */
  readonly reserved: number;
  /** For whoever asks next. */
  readonly free: number;
}

/** @param nowMs - milliseconds since the epoch */
export function poolUse(
  subnets: readonly Subnet[],
  reservations: readonly Reservation[],
  book: Pick<LeaseBook, "leases">,
  nowMs: number,
): readonly PoolUse[] {
  const reserved = new Set(reservations.flatMap(({ addresses }) => addresses.map(ipv4Number)));
  const counts = subnets.map((subnet) => ({ subnet, ...startOf(subnet, reserved) }));
  for (const [address, lease] of book.leases()) {
    const found = counts.find(({ ranges }) => isIn(ranges, address));
    if (found === undefined || reserved.has(address)) continue;
    if (isLeased(lease, nowMs)) found.leased++;
    else if (isInConflict(lease, nowMs)) found.conflict++;
  }
  return counts.map(({ subnet: { network, length }, size, leased, conflict, reserved: kept }) => ({
    ...{ subnet: `${network}/${length}`, leased, conflict, reserved: kept },
    free: size - leased - conflict - kept,
  }));
}

type Range = readonly [first: number, last: number];

function startOf({ pools }: Subnet, reserved: ReadonlySet<number>) {
  const ranges = pools.map(({ first, last }): Range => [ipv4Number(first), ipv4Number(last)]);
  const size = ranges.reduce((sum, [first, last]) => sum + last - first + 1, 0);
  const kept = [...reserved].filter((address) => isIn(ranges, address)).length;
  return { ranges, size, leased: 0, conflict: 0, reserved: kept };
}

function isIn(ranges: readonly Range[], address: number): boolean {
  return ranges.some(([first, last]) => first <= address && address <= last);
}
