/** Tells people what happens, from the stream of events; what is worth it, and when, is `boot/notify`. */

import type { Alert } from "../../boot/notify/alert.ts";
import { alertOf, unknownKey } from "../../boot/notify/alert-of.ts";
import type { Batch } from "../../boot/notify/gathering.ts";
import { composeMessage } from "../../boot/notify/message.ts";
import { type Target, wants } from "../../boot/notify/target.ts";
import type { Mac } from "../../wire/net/mac.ts";
import type { World } from "../world.ts";
import { createAlertDesk } from "./alert-desk.ts";
import { type BootsToTell, type BootWatch, createBootWatch } from "./boot-watch.ts";
import { type Outbox, troubleOf } from "./outbox.ts";

export interface Notifier {
  /** Sends from now on, what was gathered before too. */
  sendBy(outbox: Pick<Outbox, "put" | "tick">): void;
  /** Tells of boots from now on. */
  watchBoots(boots: BootsToTell): void;
  /** These machines were seen before, and are no news. @param seen - when each was last, in milliseconds */
  knowMachines(seen: Iterable<readonly [Mac, number]>): void;
  /** Time has passed. */
  tick(): void;
  /** Resolves when every boot that has ended was looked at. */
  settled(): Promise<void>;
  /** Hands over what is still gathered, and tells nothing more. */
  close(): Promise<void>;
}

export interface NotifierOptions {
  readonly world: Pick<World, "subscribe" | "record">;
  readonly targets: () => readonly Target[];
  /** Takes out of a text what lets its reader do something. */
  readonly redact: (text: string) => string;
  readonly newId: () => string;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

export function startNotifier({ world, targets, redact, newId, now }: NotifierOptions): Notifier {
  const desk = createAlertDesk();
  let outbox: Pick<Outbox, "put" | "tick"> | undefined;
  let boots: BootWatch | undefined;

  function deliver({ alerts, more }: Batch): void {
    for (const target of targets()) {
      const wanted = alerts.filter((alert) => wants(target, alert) && !isAbout(alert, target));
      if (wanted.length === 0) continue;
      const redacted = wanted.map((alert) => withoutSecrets(alert, redact));
      outbox?.put(target.name, composeMessage(newId(), now(), redacted, more));
    }
  }
  const stop = world.subscribe((event) => {
    if (targets().length === 0) return;
    if (event.type === "session" || event.type === "diagnosed") {
      boots?.take(event);
      return;
    }
    const alert = alertOf(event, now());
    if (alert !== undefined) desk.consider(alert);
  });
  return {
    sendBy(by) {
      outbox = by;
    },
    watchBoots(by) {
      const onError = (error: unknown) => world.record({ type: "bug", via: "notifications", error });
      boots = createBootWatch({ boots: by, consider: desk.consider, onError, now });
    },
    knowMachines(seen) {
      for (const [mac, atMs] of seen) desk.know(unknownKey(mac), atMs);
    },
    tick() {
      boots?.tick();
      // Nothing is lost that there is nobody to send yet.
      if (outbox === undefined) return;
      for (const batch of desk.due(now())) deliver(batch);
      outbox.tick();
    },
    settled: async () => boots?.settled(),
    async close() {
      stop();
      await boots?.settled();
      for (const batch of desk.flush()) deliver(batch);
    },
  };
}

function withoutSecrets(alert: Alert, redact: (text: string) => string): Alert {
  const cure = alert.cure === undefined ? {} : { cure: redact(alert.cure) };
  return { ...alert, subject: redact(alert.subject), text: redact(alert.text), ...cure };
}

/** Nobody can be told by it that it cannot be told. */
function isAbout({ subject }: Alert, { name }: Target): boolean {
  return subject === troubleOf(name);
}
