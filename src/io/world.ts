/** The one mutable reference: the current snapshot, and the stream of what happened. */

import type { BootEvent } from "../boot/event.ts";
import { apply, type Change, EMPTY_SNAPSHOT, type Snapshot } from "../boot/snapshot.ts";

export interface World {
  /** Read it once per request. */
  snapshot(): Snapshot;
  /** Replaces the snapshot by the next one. */
  change(changes: readonly Change[]): void;
  record(event: BootEvent): void;
  /** Calls `listener` for each event from now on; what it throws is dropped. */
  subscribe(listener: (event: BootEvent) => void): () => void;
}

export function createWorld(initial: Snapshot = EMPTY_SNAPSHOT): World {
  let current = initial;
  const listeners = new Set<(event: BootEvent) => void>();
  return {
    snapshot: () => current,
    change(changes) {
      if (changes.length > 0) current = apply(current, changes);
    },
    record(event) {
      for (const listener of listeners) {
        try {
          listener(event);
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
