/**
 * Sends messages one after the other to each target until they have arrived, across restarts.
 *
 * When one is sent again, and when it is given up, is `boot/notify/retry`.
 */

import type { Message } from "../../boot/notify/message.ts";
import { type Answer, afterAnswer, describeAnswer, type Outcome } from "../../boot/notify/retry.ts";
import type { Target } from "../../boot/notify/target.ts";
import type { Store } from "../store/store.ts";
import type { Troubles } from "../troubles.ts";
import { openMessageQueues, type Waiting } from "./message-queues.ts";

export interface Outbox {
  put(target: string, message: Message): void;
  /** Sends what is due; what is for a target that there is no more is let go. */
  tick(): void;
  stateOf(target: string): TargetState;
  /** Resolves when nothing is being sent or written. */
  settled(): Promise<void>;
  /** Stops what is being sent; it is sent again after the next start. */
  close(): Promise<void>;
}

export interface TargetState {
  /** Messages that have not arrived. */
  readonly waiting: number;
  /** How the last attempt went; absent: there was none since the start. */
  readonly last?: { readonly atMs: number; readonly isDelivered: boolean; readonly said: string };
}

export interface OutboxOptions {
  readonly store: Store;
  readonly targets: () => readonly Target[];
  readonly send: (target: Target, message: Message, signal: AbortSignal) => Promise<Answer>;
  readonly troubles: Troubles;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

/** What the troubles of a target are told as. */
export function troubleOf(target: string): string {
  return `messages to '${target}' do not arrive`;
}

/** Takes up what was not delivered before the server stopped. @throws what the store throws */
export async function openOutbox(options: OutboxOptions): Promise<Outbox> {
  const { store, targets, send, troubles, now } = options;
  const queues = await openMessageQueues(store, (error) => troubles.set("messages cannot be kept", error));
  const sending = new Map<string, Promise<void>>();
  const states = new Map<string, TargetState["last"]>();
  const stopped = new AbortController();

  async function sendFirst(target: Target, first: Waiting): Promise<void> {
    const tried = { ...first, tries: first.tries + 1 };
    const answer = await send(target, first.message, stopped.signal);
    if (stopped.signal.aborted) return;
    const outcome = afterAnswer(answer, tried, now());
    const isDelivered = outcome.type === "delivered";
    states.set(target.name, { atMs: now(), isDelivered, said: describeAnswer(answer) });
    troubles.set(troubleOf(target.name), isDelivered ? undefined : undelivered(outcome, target));
    if (outcome.type === "again") queues.replace({ ...tried, dueMs: outcome.atMs });
    else queues.remove(tried);
  }
  function sendNext(target: Target): void {
    const { name } = target;
    const [first] = queues.of(name);
    if (first === undefined || first.dueMs > now() || sending.has(name) || stopped.signal.aborted) return;
    const work = sendFirst(target, first).finally(() => {
      sending.delete(name);
      sendNext(target);
    });
    sending.set(name, work);
  }
  async function settled(): Promise<void> {
    while (sending.size > 0) await Promise.all(sending.values());
    await queues.written();
  }

  return {
    put: (target, message) => queues.add({ target, message, tries: 0, firstMs: now(), dueMs: now() }),
    tick() {
      const known = new Map(targets().map((target) => [target.name, target]));
      for (const name of queues.targets()) {
        const target = known.get(name);
        if (target !== undefined) sendNext(target);
        else for (const waiting of queues.of(name)) queues.remove(waiting);
      }
    },
    stateOf(name) {
      const last = states.get(name);
      return { waiting: queues.of(name).length, ...(last === undefined ? {} : { last }) };
    },
    settled,
    async close() {
      stopped.abort();
      await settled();
    },
  };
}

function undelivered(outcome: Exclude<Outcome, { type: "delivered" }>, { name }: Target): Error {
  const what = outcome.type === "given-up" ? `${outcome.reason}; one was given up` : outcome.reason;
  return Object.assign(new Error(what), { cure: `'mayfly notify test ${name}' tries it` });
}
