/** Keeps the book of leases: decides by it, enters what was decided at once, and has it written to the disk. */

import { decideLease } from "../../boot/lease/decide-lease.ts";
import type { Lease } from "../../boot/lease/lease.ts";
import {
  applyLeases,
  createLeaseBook,
  isDurable,
  type LeaseBook,
  type LeaseChange,
} from "../../boot/lease/lease-book.ts";
import type { LeaseDecision, LeaseQuestion } from "../../boot/lease/lease-decision.ts";
import { outdatedLeases } from "../../boot/lease/outdated.ts";
import { parseLease } from "../../boot/lease/stored-lease.ts";
import type { SubnetTable } from "../../boot/lease/subnet.ts";
import type { Store, StoreEntry } from "../store/store.ts";

export interface LeaseKeeper {
  readonly book: LeaseBook;
  /** Kept entries that are no leases: somebody has been at the file. */
  readonly unread: readonly string[];
  decide(question: LeaseQuestion): KeptDecision;
}

export interface KeptDecision {
  readonly decision: LeaseDecision;
  /**
   * Resolves when what it changes is on the disk; absent when it changes nothing that has to be. Rejects
   * when it could not be written: then nobody may be told of it, and whoever asks again is decided anew.
   */
  readonly kept: Promise<void> | undefined;
}

/** Under which kind the store has them. */
export const LEASE_KIND = "lease";

/**
 * Opens the book. Leases of networks that are not configured any more are forgotten once they have ended.
 *
 * @param tableNow - what is given; leases that were given before stay when it changes
 * @param nowMs - milliseconds since 1970
 * @throws what the store throws
 */
export async function openLeases(
  store: Store,
  tableNow: () => SubnetTable,
  nowMs: number,
): Promise<LeaseKeeper> {
  const leases: Lease[] = [];
  const unread: string[] = [];
  for (const [key, value] of await store.load(LEASE_KIND)) {
    const lease = parseLease(value);
    if (lease === undefined) unread.push(key);
    else leases.push(lease);
  }
  const book = createLeaseBook(leases);
  const outdated = outdatedLeases(book, tableNow(), nowMs);
  applyLeases(book, outdated);
  if (outdated.length > 0) await store.put(outdated.filter(isDurable).map(toEntry));
  return {
    book,
    unread,
    decide(question) {
      const decision = decideLease(question, book, tableNow());
      applyLeases(book, decision.changes);
      return {
        decision,
        kept: decision.durable ? store.put(decision.changes.filter(isDurable).map(toEntry)) : undefined,
      };
    },
  };
}

function toEntry(change: Extract<LeaseChange, { type: "put" | "remove" }>): StoreEntry {
  return change.type === "put"
    ? { kind: LEASE_KIND, key: change.lease.address, value: change.lease }
    : { kind: LEASE_KIND, key: change.address, value: undefined };
}
