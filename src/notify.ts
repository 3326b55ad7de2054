/** Tells people what happens: what is gathered from the first event on, kept when the store is open, and sent. */

import { randomBytes } from "node:crypto";
import type { SeenMachine } from "./boot/machine/seen.ts";
import { type Message, testMessage } from "./boot/notify/message.ts";
import { afterAnswer, describeAnswer } from "./boot/notify/retry.ts";
import type { Target } from "./boot/notify/target.ts";
import type { LiveSettings } from "./config/settings.ts";
import { guarded } from "./io/guarded.ts";
import { startNotifier } from "./io/notify/notifier.ts";
import { type Outbox, openOutbox } from "./io/notify/outbox.ts";
import { sendMessage } from "./io/notify/send-message.ts";
import type { Store } from "./io/store/store.ts";
import { createTroubles } from "./io/troubles.ts";
import type { World } from "./io/world.ts";
import type { Timeline } from "./timeline.ts";
import type { NotifyState, NotifyTest } from "./web/admin.ts";
import { redact } from "./web/events/redact.ts";

export interface Notify {
  /** From now on messages are kept, and sent. @throws what the store throws */
  open(parts: NotifyParts): Promise<void>;
  /** The configuration is another one now; never rejects. */
  reconfigure(): Promise<void>;
  /** Each target, and how it stands. */
  list(): readonly NotifyState[];
  /** Sends a test message to all targets, or to the one of this name. */
  test(name: string | undefined): Promise<readonly NotifyTest[]>;
  close(): Promise<void>;
}

export interface NotifyParts {
  readonly store: Store;
  readonly timeline: Timeline;
  /** Those that were seen before. */
  readonly machines: { list(): Promise<readonly SeenMachine[]> };
}

const TICK_MS = 1000;

/** Gathers from now on; nothing is lost that happens before the store is open. */
export function startNotify(world: World, live: { readonly now: Pick<LiveSettings, "notify"> }): Notify {
  const targets = () => live.now.notify;
  const notifier = startNotifier({ world, targets, redact, newId, now: Date.now });
  let outbox: Outbox | undefined;
  let timer: NodeJS.Timeout | undefined;
  let seenBefore: NotifyParts["machines"] | undefined;
  let hadTargets = false;

  /** As soon as there is somebody to tell: nobody else needs a list of ten thousand machines. */
  async function knowMachines(machines: NotifyParts["machines"]): Promise<void> {
    const isNews = !hadTargets && targets().length > 0;
    hadTargets = targets().length > 0;
    if (isNews)
      notifier.knowMachines((await machines.list()).map(({ mac, lastSeenMs }) => [mac, lastSeenMs]));
  }

  return {
    async open({ store, timeline, machines }) {
      const send = (target: Target, message: Message, signal: AbortSignal) =>
        sendMessage(target, message, { nowMs: Date.now(), signal });
      const troubles = createTroubles(world);
      outbox = await openOutbox({ store, targets, send, troubles, now: Date.now });
      seenBefore = machines;
      await knowMachines(machines);
      notifier.watchBoots({ current: timeline.sessions.current, diagnose: timeline.diagnoses.of });
      notifier.sendBy(outbox);
      timer = setInterval(guarded(world, "notifications", notifier.tick), TICK_MS).unref();
    },
    async reconfigure() {
      // Until it is open nothing is known of them.
      if (seenBefore === undefined) return;
      await knowMachines(seenBefore).catch((error: unknown) =>
        world.record({ type: "bug", via: "notifications", error }),
      );
    },
    list: () => targets().map((target) => ({ target, ...(outbox?.stateOf(target.name) ?? { waiting: 0 }) })),
    test: (name) => testTargets(targets().filter((target) => name === undefined || target.name === name)),
    async close() {
      clearInterval(timer);
      await notifier.close();
      await outbox?.close();
    },
  };
}

/** Sends each of them a test message, and waits for what comes back. */
export function testTargets(targets: readonly Target[]): Promise<readonly NotifyTest[]> {
  return Promise.all(
    targets.map(async (target) => {
      const startMs = Date.now();
      const answer = await sendMessage(target, testMessage(newId(), startMs), { nowMs: startMs });
      const outcome = afterAnswer(answer, { tries: 1, firstMs: startMs }, Date.now());
      const isDelivered = outcome.type === "delivered";
      return { target, isDelivered, said: describeAnswer(answer), durationMs: Date.now() - startMs };
    }),
  );
}

/** Sorts by the time at which it was made, to the millisecond. */
function newId(): string {
  return `${Date.now().toString(36).padStart(9, "0")}-${randomBytes(8).toString("hex")}`;
}
