/** Sessions as they are now, whether they are on the disk already or not. */

import type { Session, SessionId } from "../../boot/session/session.ts";
import { isWanted, type SessionFilter } from "../../boot/session/session-filter.ts";
import type { Mac } from "../../wire/net/mac.ts";
import type { PendingSessions } from "./pending-sessions.ts";
import type { SessionArchive } from "./session-archive.ts";
import type { SessionTable } from "./session-table.ts";

export interface SessionReader {
  /** The last one first; at the most `limit`. */
  list(filter: SessionFilter, limit: number): Promise<readonly Session[]>;
  get(id: SessionId): Promise<Session | undefined>;
}

export interface ReaderOptions {
  readonly archive: Pick<SessionArchive, "get" | "newest">;
  readonly followed: Pick<SessionTable, "get" | "find" | "all">;
  /** What is not on the disk yet. */
  readonly waiting: Pick<PendingSessions, "get" | "of" | "all">;
}

/** Of one session, or of one machine, nothing is looked through: boots are diagnosed by the thousand. */
export function createSessionReader({ archive, followed, waiting }: ReaderOptions): SessionReader {
  /** What is followed is newer than what waits to be written. */
  function* fresher(mac: Mac | undefined): Generator<Session> {
    if (mac === undefined) for (const [, { session }] of followed.all()) yield session;
    else {
      const live = followed.get(mac);
      if (live !== undefined) yield live.session;
    }
    for (const session of mac === undefined ? waiting.all() : waiting.of(mac))
      if (followed.find(session.id) === undefined) yield session;
  }
  return {
    async list(filter, limit) {
      const result: Session[] = [];
      const own = new Set<SessionId>();
      for (const session of fresher(filter.mac)) {
        own.add(session.id);
        if (isWanted(session, filter)) result.push(session);
      }
      let kept = 0;
      if (limit > 0)
        for await (const session of archive.newest(filter)) {
          if (own.has(session.id)) continue;
          result.push(session);
          kept++;
          if (kept === limit) break;
        }
      return newestFirst(result).slice(0, limit);
    },
    async get(id) {
      return followed.find(id)?.session ?? waiting.get(id) ?? archive.get(id);
    },
  };
}

export function newestFirst(sessions: readonly Session[]): readonly Session[] {
  return [...sessions].sort((a, b) => (a.id < b.id ? 1 : -1));
}
