/** Which leases are worth nothing any more, since the subnets were changed. */

import { isLeased } from "./lease.ts";
import type { LeaseBook, LeaseChange } from "./lease-book.ts";
import { type SubnetTable, subnetOf } from "./subnet.ts";

/**
 * The changes that forget leases of networks that are not configured any more, once they have ended.
 * Worth asking when the server starts; what is in a subnet is forgotten when somebody else needs it.
 */
export function outdatedLeases(book: LeaseBook, table: SubnetTable, nowMs: number): LeaseChange[] {
  return [...book.leases()].flatMap(([, lease]): LeaseChange[] =>
    isLeased(lease, nowMs) || subnetOf(lease.address, table) !== undefined
      ? []
      : [{ type: "remove", address: lease.address }],
  );
}
