/** A store that has nothing and keeps nothing: where the state folder cannot be used. */

import type { Store } from "./store.ts";

/** @param reason - thrown at whoever wants something kept */
export function createRefusingStore(reason: Error): Store {
  return {
    refuses: reason,
    load: async () => new Map(),
    range: async () => [],
    get: async () => undefined,
    put: async () => {
      throw reason;
    },
    close: async () => {},
  };
}
