/** Whether something was said to be wrong with boots that went well: nothing may be. */

import { diagnose } from "../../src/boot/diagnosis/diagnose.ts";
import { isWell } from "../../src/boot/session/check-in.ts";
import type { Session } from "../../src/boot/session/session.ts";
import { SESSION_KINDS } from "../../src/io/sessions/session-archive.ts";
import { readSession } from "../../src/io/sessions/session-record.ts";
import { readStore } from "../../src/io/store/sqlite-store.ts";

/** Long enough for whatever stands still to be told. */
const LONG_MS = 3_600_000;

/** Every boot that the state folder of a server has, the last one first; it may run or not. */
export async function bootsIn(stateFolder: string): Promise<readonly Session[]> {
  const store = await readStore(stateFolder);
  if (store === undefined) return [];
  try {
    const values = await store.load(SESSION_KINDS.SESSION);
    const sessions = [...values.values()].map(readSession).filter((session) => session !== undefined);
    return sessions.sort((a, b) => (a.id < b.id ? 1 : -1));
  } finally {
    await store.close();
  }
}

/** Whether it has everything, and says nothing bad of it. */
export function wentWell({ outcome, checkIn }: Session): boolean {
  if (outcome === "checked-in") return checkIn === undefined || isWell(checkIn);
  return outcome === "handed-over";
}

/**
 * What was said of boots that went well: in the server's log while they went on, or by the rules now.
 *
 * @returns a line for each, with all that is known of the boot
 */
export function wronglyDiagnosed(boots: readonly Session[], log: string): readonly string[] {
  return boots.filter(wentWell).flatMap((session) => {
    const told = log.split("\n").filter((line) => line.includes(`, boot ${session.id})`));
    const earlier = boots.filter(({ mac, id }) => mac === session.mac && id < session.id).slice(0, 8);
    // Nobody is expected to report: whether it was to is what the log tells.
    const nowMs = session.outcome === "checked-in" ? session.lastMs + LONG_MS : session.lastMs;
    const now = diagnose({ session, earlier, nowMs });
    if (told.length === 0 && now.length === 0) return [];
    const whose = `${session.outcome} boot ${session.id} of ${session.host ?? session.mac}`;
    return [
      [whose, ...told, ...now.map((each) => JSON.stringify(each)), JSON.stringify(session)].join("\n  "),
    ];
  });
}
