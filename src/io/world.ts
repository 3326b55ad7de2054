/** The one mutable reference: the current snapshot, and the stream of what happened. */

import { type BootEvent, type PeerMachine, withMachine } from "../boot/event.ts";
import { apply, type Change, EMPTY_SNAPSHOT, type Snapshot } from "../boot/snapshot.ts";
import type { Ipv4 } from "../wire/net/ipv4.ts";

export interface World {
  /** Read it once per request. */
  snapshot(): Snapshot;
  /** Replaces the snapshot by the next one. */
  change(changes: readonly Change[]): void;
  record(event: BootEvent): void;
  /** Calls `listener` for each event from now on; what it throws is dropped. */
  subscribe(listener: (event: BootEvent) => void): () => void;
  /** Names the machine at an address from now on, in every event that has one. */
  nameMachines(ownerOf: (address: Ipv4) => PeerMachine): void;
  /** The machine at an address, as events name it now. */
  machineAt(address: Ipv4): PeerMachine;
}

export function createWorld(initial: Snapshot = EMPTY_SNAPSHOT): World {
  let current = initial;
  let owner: (address: Ipv4) => PeerMachine = () => ({});
  const listeners = new Set<(event: BootEvent) => void>();
  return {
    snapshot: () => current,
    change(changes) {
      if (changes.length > 0) current = apply(current, changes);
    },
    nameMachines(ownerOf) {
      owner = ownerOf;
    },
    machineAt: (address) => owner(address),
    record(event) {
      const told = withMachine(event, owner);
      for (const listener of listeners) {
        try {
          listener(told);
        } catch {
          // Whoever watches must not be able to stop what it watches.
        }
      }
    },
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}
