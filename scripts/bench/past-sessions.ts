/** Boots of the past for the benchmarks: as many as are wanted, of a thousand hosts, a minute apart. */

import type { Session } from "../../src/boot/session/session.ts";
import { makeSessionId } from "../../src/boot/session/session-id.ts";
import { createSessionArchive } from "../../src/io/sessions/session-archive.ts";
import { startSessions } from "../../src/io/sessions/sessions.ts";
import { createMemoryStore, type Store } from "../../src/io/store/store.ts";
import { createWorld } from "../../src/io/world.ts";
import { OVMF_BOOT } from "../../test/support/boot-events.ts";
import { BETA, BETA_MAC, GENERATION, snapshotOf } from "../../test/support/worlds.ts";

export const HOSTS = 1000;
export const MINUTE_MS = 60_000;
/** One in so many has failed. */
const FAILED_EVERY = 500;
const BATCH = 1000;

/** The address of the machine of this number, which is the host `node-NUMBER`. */
export function macOf(number: number): string {
  return `52:54:00:00:${[number >> 8, number & 255].map((byte) => byte.toString(16).padStart(2, "0")).join(":")}`;
}

/** Writes so many into a store; the last one began a minute ago. */
export async function fillSessions(store: Store, many: number): Promise<void> {
  const archive = createSessionArchive(store);
  const boot = await oneBoot();
  const start = Date.now() - many * MINUTE_MS;
  for (let from = 0; from < many; from += BATCH) {
    const batch = Array.from({ length: Math.min(BATCH, many - from) }, (_, index): Session => {
      const at = from + index;
      const startMs = start + at * MINUTE_MS;
      const takenMs = boot.lastMs - boot.startMs;
      return {
        ...boot,
        ...{ id: makeSessionId(startMs, 0.5), mac: macOf(at % HOSTS), host: `node-${at % HOSTS}` },
        ...{ startMs, lastMs: startMs + takenMs },
        outcome: at % FAILED_EVERY === 0 ? "failed" : boot.outcome,
      };
    });
    await archive.write(batch, new Map());
  }
}

/** A session as real ones are. */
async function oneBoot(): Promise<Session> {
  const world = createWorld(snapshotOf([BETA], GENERATION));
  const sessions = await startSessions({ world, store: createMemoryStore(), keepMs: () => MINUTE_MS });
  for (const [, event] of OVMF_BOOT) world.record(event);
  const session = sessions.current(BETA_MAC);
  await sessions.close();
  if (session === undefined) throw new Error("no session");
  return session;
}
