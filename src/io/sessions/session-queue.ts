/** Works through sessions one after the other, and lets everything else go on between two of them. */

import { setImmediate } from "node:timers/promises";
import type { Session } from "../../boot/session/session.ts";
import { createBoundedMap } from "../ladder/bounded-map.ts";

export interface SessionQueue {
  /** It has its turn soon, once, as it was put last. */
  put(session: Session): void;
  /** Resolves when none waits. */
  settled(): Promise<void>;
}

export interface SessionQueueOptions {
  readonly work: (session: Session) => Promise<void>;
  readonly onError: (error: unknown) => void;
  /** How many may wait: past it, the one that has waited longest is let go. */
  readonly maxWaiting?: number;
}

/** More than are followed at once. */
const MAX_WAITING = 32_768;

export function createSessionQueue(options: SessionQueueOptions): SessionQueue {
  const { work, onError, maxWaiting = MAX_WAITING } = options;
  const waiting = createBoundedMap<Session>(maxWaiting);
  let working: Promise<void> | undefined;

  async function run(): Promise<void> {
    // Whoever records an event goes on first.
    await undefined;
    for (;;) {
      const [next] = waiting.values();
      if (next === undefined) break;
      waiting.delete(next.id);
      await work(next).catch(onError);
      await setImmediate();
    }
    working = undefined;
  }

  return {
    put(session) {
      waiting.set(session.id, session);
      working ??= run();
    },
    async settled() {
      while (working !== undefined) await working;
    },
  };
}
