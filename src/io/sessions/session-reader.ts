/** Sessions as they are now, whether they are on the disk already or not. */

import type { LiveSession } from "../../boot/session/live-session.ts";
import type { Session, SessionId } from "../../boot/session/session.ts";
import { isWanted, type SessionFilter } from "../../boot/session/session-filter.ts";
import type { Mac } from "../../wire/net/mac.ts";
import type { SessionArchive } from "./session-archive.ts";

export interface SessionReader {
  /** The last one first; at the most `limit`. */
  list(filter: SessionFilter, limit: number): Promise<readonly Session[]>;
  get(id: SessionId): Promise<Session | undefined>;
}

export interface ReaderOptions {
  readonly archive: SessionArchive;
  readonly followed: () => Iterable<readonly [Mac, LiveSession]>;
  /** What is not on the disk yet. */
  readonly waiting: () => ReadonlyMap<SessionId, Session>;
}

export function createSessionReader({ archive, followed, waiting }: ReaderOptions): SessionReader {
  function fresher(): ReadonlyMap<SessionId, Session> {
    const found = new Map(waiting());
    for (const [, { session }] of followed()) found.set(session.id, session);
    return found;
  }
  return {
    async list(filter, limit) {
      const own = fresher();
      const result = [...own.values()].filter((session) => isWanted(session, filter));
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
      return fresher().get(id) ?? archive.get(id);
    },
  };
}

export function newestFirst(sessions: readonly Session[]): readonly Session[] {
  return [...sessions].sort((a, b) => (a.id < b.id ? 1 : -1));
}
