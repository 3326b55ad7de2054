/** The messages that have not arrived yet, of each target in their order, in memory and in the store. */

import type { Message } from "../../boot/notify/message.ts";
import type { Store } from "../store/store.ts";

/** A message that waits for its target. */
export interface Waiting {
  readonly target: string;
  readonly message: Message;
  /** How often it was sent. */
  readonly tries: number;
  /** When it was made, in milliseconds since the epoch. */
  readonly firstMs: number;
  /** When it is sent next. */
  readonly dueMs: number;
}

export interface MessageQueues {
  targets(): readonly string[];
  of(target: string): readonly Waiting[];
  add(waiting: Waiting): void;
  /** In place of the same message as it was; one that was let go meanwhile stays away. */
  replace(waiting: Waiting): void;
  remove(waiting: Waiting): void;
  /** Resolves when all of it is on the disk. */
  written(): Promise<void>;
}

const KIND = "message";
/** Of one target; of more than that the oldest are let go. */
const MAX_WAITING = 100;

/**
 * @param onTrouble - gets what keeps one from being written, and `undefined` when one was again
 * @throws what the store throws
 */
export async function openMessageQueues(
  store: Store,
  onTrouble: (error: unknown) => void,
): Promise<MessageQueues> {
  const queues = new Map<string, readonly Waiting[]>();
  let writing: Promise<void> = Promise.resolve();
  const of = (target: string) => queues.get(target) ?? [];

  function write(waiting: Waiting, value: Waiting | undefined): void {
    const key = `${waiting.target}/${waiting.message.id}`;
    const written = store.put([{ kind: KIND, key, value }]).then(() => onTrouble(undefined), onTrouble);
    writing = Promise.all([writing, written]).then(() => {});
  }
  function remove(waiting: Waiting): void {
    const others = of(waiting.target).filter((each) => !isSame(each, waiting));
    if (others.length === 0) queues.delete(waiting.target);
    else queues.set(waiting.target, others);
    write(waiting, undefined);
  }

  for (const value of (await store.load(KIND)).values())
    if (isWaiting(value)) queues.set(value.target, [...of(value.target), value]);
  return {
    targets: () => [...queues.keys()],
    of,
    add(waiting) {
      queues.set(waiting.target, [...of(waiting.target), waiting]);
      write(waiting, waiting);
      for (const oldest of of(waiting.target).slice(0, -MAX_WAITING)) remove(oldest);
    },
    replace(waiting) {
      const queue = of(waiting.target);
      if (!queue.some((each) => isSame(each, waiting))) return;
      queues.set(
        waiting.target,
        queue.map((each) => (isSame(each, waiting) ? waiting : each)),
      );
      write(waiting, waiting);
    },
    remove,
    written: () => writing,
  };
}

function isSame(a: Waiting, b: Waiting): boolean {
  return a.message.id === b.message.id;
}

/** What an earlier run of the server has written; anything else is left alone. */
function isWaiting(value: unknown): value is Waiting {
  if (typeof value !== "object" || value === null) return false;
  const { target, message, tries, firstMs, dueMs } = value as Partial<Record<keyof Waiting, unknown>>;
  const isNumbered = [tries, firstMs, dueMs].every((each) => typeof each === "number");
  return isNumbered && typeof target === "string" && isMessage(message);
}

function isMessage(value: unknown): value is Message {
  if (typeof value !== "object" || value === null) return false;
  const { id, lines, alerts } = value as Partial<Record<keyof Message, unknown>>;
  return typeof id === "string" && Array.isArray(lines) && Array.isArray(alerts);
}
