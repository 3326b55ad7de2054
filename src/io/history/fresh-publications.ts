/** Which generations are published and not in the history yet, for whoever must not be ahead of it. */

import type { GenerationId } from "../../boot/generation.ts";

export interface FreshPublications {
  add(id: GenerationId): void;
  /** These are written, or cannot be now. */
  settle(ids: Iterable<GenerationId>): void;
  /** Resolves when a generation is written, cannot be, or takes too long; `undefined` where none of it is waited for. */
  wait(id: GenerationId): Promise<void> | undefined;
  isEmpty(): boolean;
}

interface Fresh {
  readonly settled: Promise<void>;
  readonly settle: () => void;
}

/** @param longestMs - after so long in all nobody waits for a generation any more: a disk that hangs boots nothing */
export function createFreshPublications(longestMs: number): FreshPublications {
  const fresh = new Map<GenerationId, Fresh>();
  function settle(ids: Iterable<GenerationId>): void {
    for (const id of ids) {
      fresh.get(id)?.settle();
      fresh.delete(id);
    }
  }
  return {
    add(id) {
      if (fresh.has(id)) return;
      const { promise, resolve } = Promise.withResolvers<void>();
      const timer = setTimeout(() => settle([id]), longestMs).unref();
      const settleOne = () => {
        clearTimeout(timer);
        resolve();
      };
      fresh.set(id, { settled: promise, settle: settleOne });
    },
    settle,
    wait: (id) => fresh.get(id)?.settled,
    isEmpty: () => fresh.size === 0,
  };
}
