/** Has what each client sends dealt with one after the other, while others go on. */

export interface ClientQueue {
  /**
   * Runs `task` at once, or after those of the same key that are still at work.
   *
   * @returns whether it was taken; a client that floods, or one too many of them, is not waited for
   */
  run(key: string, task: () => void | Promise<void>): boolean;
  /** Resolves when nothing is at work or waits any more. */
  idle(): Promise<void>;
}

/** Firmware repeats itself, but not this often within the half second that a probe takes. */
const MAX_OF_ONE = 8;
/** Clients whose addresses are being probed or written at the same time. */
const MAX_CLIENTS = 4_096;

/** `task` must not throw or reject. */
export function createClientQueue(): ClientQueue {
  const waiting = new Map<string, (() => void | Promise<void>)[]>();
  const working = new Set<Promise<void>>();

  async function runAll(key: string, current: Promise<void>, tasks: (() => void | Promise<void>)[]) {
    await current;
    for (let next = tasks.shift(); next !== undefined; next = tasks.shift()) await next();
    waiting.delete(key);
  }

  return {
    run(key, task) {
      const tasks = waiting.get(key);
      if (tasks !== undefined) {
        if (tasks.length >= MAX_OF_ONE) return false;
        tasks.push(task);
        return true;
      }
      if (waiting.size >= MAX_CLIENTS) return false;
      const current = task();
      if (current === undefined) return true;
      const own: (() => void | Promise<void>)[] = [];
      waiting.set(key, own);
      const all = runAll(key, current, own);
      working.add(all);
      void all.then(() => working.delete(all));
      return true;
    },
    async idle() {
      while (working.size > 0) await Promise.all(working);
    },
  };
}
