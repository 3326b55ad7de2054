/** The one mutable reference: the current snapshot, and the stream of what happened. */

import type { BootClient } from "../boot/client.ts";
import { type BootEvent, type OwnerOf, withMachine } from "../boot/event.ts";
import type { Host } from "../boot/host.ts";
import { apply, type Change, EMPTY_SNAPSHOT, type Snapshot } from "../boot/snapshot.ts";

export interface World {
  /** Read it once per request. */
  snapshot(): Snapshot;
  /** Replaces the snapshot by the next one. */
  change(changes: readonly Change[]): void;
  record(event: BootEvent): void;
  /** Calls `listener` for each event from now on; what it throws is recorded as a bug, and stops nobody else. */
  subscribe(listener: (event: BootEvent) => void): () => void;
  /** Names the machine at an address from now on, in every event that has one. */
  nameMachines(ownerOf: OwnerOf): void;
  /**
   * Keeps what has to be kept before a machine is told what it boots: that it takes something which is for it
   * alone, or that there is such a generation at all. To be waited for before it is decided; `undefined` where
   * there is nothing to wait for.
   *
   * @param named - its host, where something else tells that than what it says of itself
   */
  prepare(client: BootClient, named?: Host): Promise<void> | undefined;
  /** Adds something that is done for it from now on. @returns a function that takes that back */
  prepareBy(prepare: World["prepare"]): () => void;
  /** The machine at an address, as events name it now. */
  readonly machineAt: OwnerOf;
}

export function createWorld(initial: Snapshot = EMPTY_SNAPSHOT): World {
  let current = initial;
  let owner: OwnerOf = () => ({});
  const preparers = new Set<World["prepare"]>();
  const listeners = new Set<(event: BootEvent) => void>();

  function record(event: BootEvent): void {
    const told = withMachine(event, owner);
    const errors: unknown[] = [];
    for (const listener of listeners) {
      try {
        listener(told);
      } catch (error) {
        // Whoever watches must not be able to stop what it watches.
        errors.push(error);
      }
    }
    // Of one that cannot bear to hear of a mistake, it would hear for ever.
    if (event.type === "bug") return;
    for (const error of errors) record({ type: "bug", via: `who heard of '${event.type}'`, error });
  }
  return {
    snapshot: () => current,
    change(changes) {
      if (changes.length > 0) current = apply(current, changes);
    },
    nameMachines(ownerOf) {
      owner = ownerOf;
    },
    prepare(client, named) {
      const pending: Promise<void>[] = [];
      for (const prepare of preparers) {
        const promise = prepare(client, named);
        if (promise !== undefined) pending.push(promise);
      }
      return pending.length < 2 ? pending[0] : Promise.all(pending).then(() => {});
    },
    prepareBy(prepare) {
      preparers.add(prepare);
      return () => preparers.delete(prepare);
    },
    machineAt: (...asked) => owner(...asked),
    record,
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

/**
 * Decides when all that the machine takes is kept, and at the very moment at which nothing more is to be
 * taken: a new candidate may be published while the place for the one before is being written.
 *
 * @param act - decides, and records what was decided, without waiting in between
 */
export function whenPrepared<Result>(
  { prepare }: Pick<World, "prepare">,
  { client, named }: { readonly client: BootClient; readonly named?: Host },
  act: () => Result,
): Result | Promise<Result> {
  async function afterAll(first: Promise<void>): Promise<Result> {
    let pending: Promise<void> | undefined = first;
    for (let rounds = 0; pending !== undefined && rounds < MAX_ROUNDS; rounds++) {
      await pending;
      pending = prepare(client, named);
    }
    return act();
  }
  const pending = prepare(client, named);
  return pending === undefined ? act() : afterAll(pending);
}

/** A disk that takes nothing is not asked for ever: the machine then gets what it gets without a place. */
const MAX_ROUNDS = 3;
