/** Looks which boots are worth an alert: those that have failed, and those that stand still for long. */

import { setImmediate } from "node:timers/promises";
import type { Diagnosis } from "../../boot/diagnosis/diagnosis.ts";
import type { BootEvent } from "../../boot/event.ts";
import type { Alert } from "../../boot/notify/alert.ts";
import { bootAlert, standsStill } from "../../boot/notify/boot-alert.ts";
import type { Session } from "../../boot/session/session.ts";
import type { Mac } from "../../wire/net/mac.ts";
import { createBoundedMap } from "../ladder/bounded-map.ts";

/** What is asked of boots. */
export interface BootsToTell {
  current(mac: Mac): Session | undefined;
  diagnose(session: Session): Promise<readonly Diagnosis[]>;
}

export interface BootWatch {
  take(event: Extract<BootEvent, { type: "session" | "diagnosed" }>): void;
  tick(): void;
  /** Resolves when every boot that has ended was looked at. */
  settled(): Promise<void>;
}

export interface BootWatchOptions {
  readonly boots: BootsToTell;
  readonly consider: (alert: Alert) => void;
  readonly onError: (error: unknown) => void;
  readonly now: () => number;
}

/** Machines that stand still. */
const MAX_STILL = 1024;

export function createBootWatch({ boots, consider, onError, now }: BootWatchOptions): BootWatch {
  const still = createBoundedMap<{ readonly diagnosis: Diagnosis; readonly mac: Mac; readonly atMs: number }>(
    MAX_STILL,
  );
  let working: Promise<void> = Promise.resolve();

  function tell(session: Session, diagnosis: Diagnosis | undefined): void {
    const alert = bootAlert(session, diagnosis, now());
    if (alert !== undefined) consider(alert);
  }
  function takeDiagnosed({ mac, session: id, diagnosis }: Extract<BootEvent, { type: "diagnosed" }>): void {
    const session = boots.current(mac);
    if (session?.id !== id) return;
    if (session.outcome === "under-way") still.set(mac, { diagnosis, mac, atMs: now() });
    // The others are told when they end.
    else if (session.outcome === "handed-over" || session.outcome === "checked-in") tell(session, diagnosis);
  }

  return {
    take(event) {
      if (event.type === "diagnosed") {
        takeDiagnosed(event);
        return;
      }
      const { session, change } = event;
      if (change !== "ended" || (session.outcome !== "failed" && session.outcome !== "turned-away")) return;
      still.delete(session.mac);
      // Anybody can make up machines: what is not of a host is no alert.
      if (session.host === undefined) return;
      working = working
        .then(async () => tell(session, (await boots.diagnose(session))[0]))
        .catch(onError)
        // Thousands may end at once: whoever boots goes first.
        .then(() => setImmediate());
    },
    tick() {
      for (const { diagnosis, mac, atMs } of [...still.values()]) {
        const session = boots.current(mac);
        const verdict = standsStill(atMs, session, now());
        if (verdict !== "wait") still.delete(mac);
        if (verdict === "tell" && session !== undefined) tell(session, diagnosis);
      }
    },
    settled: () => working,
  };
}
