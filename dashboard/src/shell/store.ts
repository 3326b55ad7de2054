/** Holds the state: one reference that is replaced, and who wants to hear when it is. */

import { EMPTY, type State } from "../state/state.ts";

export interface Store {
  now(): State;
  /** Replaces the state by what becomes of it; who listens hears of it when it is another one. */
  change(next: (state: State) => State): void;
  /** @returns what ends it */
  subscribe(listener: () => void): () => void;
}

export function createStore(): Store {
  let state = EMPTY;
  const listeners = new Set<() => void>();
  return {
    now: () => state,
    change(next) {
      const before = state;
      state = next(before);
      if (state !== before) for (const listener of [...listeners]) listener();
    },
    subscribe(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
  };
}
