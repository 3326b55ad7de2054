/** The one mutable reference: the current snapshot, and the stream of what happened. */

import { type BootEvent, type OwnerOf, withMachine } from "../boot/event.ts";
import { apply, type Change, EMPTY_SNAPSHOT, type Snapshot } from "../boot/snapshot.ts";

export interface World {
  /** Read it once per request. */
  snapshot(): Snapshot;
  /** Replaces the snapshot by the next one. */
  change(changes: readonly Change[]): void;
  record(event: BootEvent): void;
  /** Calls `listener` for each event from now on; what it throws is dropped. */
  subscribe(listener: (event: BootEvent) => void): () => void;
  /** Names the machine at an address from now on, in every event that has one. */
  nameMachines(ownerOf: OwnerOf): void;
  /** The machine at an address, as events name it now. */
  readonly machineAt: OwnerOf;
}

export function createWorld(initial: Snapshot = EMPTY_SNAPSHOT): World {
  let current = initial;
  let owner: OwnerOf = () => ({});
  const listeners = new Set<(event: BootEvent) => void>();
  return {
    snapshot: () => current,
    change(changes) {
      if (changes.length > 0) current = apply(current, changes);
    },
    nameMachines(ownerOf) {
      owner = ownerOf;
    },
    machineAt: (...asked) => owner(...asked),
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
