/** Writes sessions a while after they changed, together; those that have ended sooner. */

import type { LiveSession } from "../../boot/session/live-session.ts";
import type { Session } from "../../boot/session/session.ts";
import type { Mac } from "../../wire/net/mac.ts";
import { createPendingSessions, type PendingSessions } from "./pending-sessions.ts";
import type { SessionArchive } from "./session-archive.ts";
import type { Following } from "./session-record.ts";

export interface SessionWriter {
  /** This session is another now. @param isUrgent - it is not to be lost by a crash of the next seconds */
  put(session: Session, isUrgent: boolean): void;
  /** A machine is followed no longer. */
  left(mac: Mac): void;
  /** What was put and is not on the disk yet. */
  readonly waiting: PendingSessions;
  flush(): Promise<void>;
}

export interface WriterOptions {
  readonly archive: SessionArchive;
  /** What is followed of a machine now. */
  readonly followed: (mac: Mac) => LiveSession | undefined;
  readonly saveAfterMs: number;
  /** Gets what keeps a batch from being written, and `undefined` when one was again. */
  readonly onTrouble: (error: unknown) => void;
}

const SOON_MS = 200;
/** Written at once: a transaction of so many takes a few milliseconds, in which no packet is answered. */
const BATCH = 100;
/** With a disk that cannot be written to, sessions are lost rather than memory. */
const MAX_WAITING = 20_000;

export function createSessionWriter(options: WriterOptions): SessionWriter {
  const { archive, followed, saveAfterMs, onTrouble } = options;
  const waiting = createPendingSessions();
  const macs = new Set<Mac>();
  let timer: { readonly timeout: NodeJS.Timeout; readonly dueMs: number } | undefined;
  let saving: Promise<void> = Promise.resolve();

  function followingOf(mac: Mac): Following | undefined {
    const live = followed(mac);
    return live === undefined ? undefined : { id: live.session.id, phase: live.phase, wanted: live.wanted };
  }

  async function writeBatch(): Promise<void> {
    const sessions = [...waiting.all()].slice(0, BATCH);
    const whose = new Set([...sessions.map(({ mac }) => mac), ...[...macs].slice(0, BATCH)]);
    await archive.write(sessions, new Map([...whose].map((mac) => [mac, followingOf(mac)])));
    for (const session of sessions) if (waiting.get(session.id) === session) waiting.delete(session);
    for (const mac of whose) macs.delete(mac);
  }

  async function save(): Promise<void> {
    try {
      // What changes meanwhile is for the next time.
      for (let left = waiting.size + macs.size; left > 0; left -= BATCH) await writeBatch();
      onTrouble(undefined);
    } catch (error) {
      const surplus = Math.max(0, waiting.size - MAX_WAITING);
      for (const session of [...waiting.all()].slice(0, surplus)) waiting.delete(session);
      onTrouble(error);
    }
    if (waiting.size + macs.size > 0) schedule(saveAfterMs);
  }

  function schedule(afterMs: number): void {
    const dueMs = performance.now() + afterMs;
    if (timer !== undefined && timer.dueMs <= dueMs) return;
    clearTimeout(timer?.timeout);
    const timeout = setTimeout(() => {
      timer = undefined;
      saving = saving.then(save);
    }, afterMs).unref();
    timer = { timeout, dueMs };
  }

  return {
    put(session, isUrgent) {
      waiting.set(session);
      schedule(isUrgent ? Math.min(SOON_MS, saveAfterMs) : saveAfterMs);
    },
    left(mac) {
      macs.add(mac);
      schedule(saveAfterMs);
    },
    waiting,
    async flush() {
      saving = saving.then(save);
      await saving;
      clearTimeout(timer?.timeout);
      timer = undefined;
    },
  };
}
