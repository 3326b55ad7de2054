/**
 * The sessions on the disk, by their names, which are in the order of their times, with an index by machine,
 * by host and by outcome.
 *
 * There may be a hundred thousand of them: no more are read at once than somebody wants to see.
 */

import { setImmediate } from "node:timers/promises";
import type { Session, SessionId } from "../../boot/session/session.ts";
import { isWanted, type SessionFilter } from "../../boot/session/session-filter.ts";
import type { Mac } from "../../wire/net/mac.ts";
import type { Store, StoreEntry } from "../store/store.ts";
import { type Following, readFollowing, readSession } from "./session-record.ts";

/** Under which kinds the store has them. */
export const SESSION_KINDS = {
  /** `ID`: the session. */
  SESSION: "session",
  /** `mac/MAC/ID`, `host/NAME/ID` and `outcome/OUTCOME/ID`: its outcome. */
  INDEX: "session-index",
  /** `MAC`: what the next event of a session that is followed is judged by. */
  FOLLOWED: "session-followed",
} as const;

export interface SessionArchive {
  get(id: SessionId): Promise<Session | undefined>;
  /** The last one first. */
  newest(filter: SessionFilter): AsyncIterable<Session>;
  /** What was followed when the server stopped. */
  followed(): Promise<readonly (readonly [Mac, Following])[]>;
  /** Resolves when all of it is on the disk. @param followed - by machine; `undefined`: not any more */
  write(sessions: readonly Session[], followed: ReadonlyMap<Mac, Following | undefined>): Promise<void>;
  /** Forgets the oldest that sort before this name. @returns how many, at the most `limit` */
  forgetBelow(id: string, limit: number): Promise<number>;
}

const { SESSION, INDEX, FOLLOWED } = SESSION_KINDS;
const PAGE = 100;
/** Behind every name of a session. */
const END = "~";

export function createSessionArchive(store: Store): SessionArchive {
  const get = async (id: SessionId) => readSession(await store.get(SESSION, id));
  return {
    get,
    newest: (filter) => newest(store, filter),
    async followed() {
      const all = [...(await store.load(FOLLOWED))];
      return all.flatMap(([mac, value]) => {
        const following = readFollowing(value);
        return following === undefined ? [] : [[mac, following] as const];
      });
    },
    async write(sessions, followed) {
      const entries: StoreEntry[] = [];
      for (const session of sessions) {
        const before = facetsOf(await store.get(SESSION, session.id));
        entries.push({ kind: SESSION, key: session.id, value: session });
        if (before?.outcome === session.outcome && before.host === session.host) continue;
        const keys = indexKeys(session);
        for (const key of before === undefined ? [] : indexKeys({ ...session, ...before }))
          if (!keys.includes(key)) entries.push({ kind: INDEX, key, value: undefined });
        entries.push(...keys.map((key) => ({ kind: INDEX, key, value: session.outcome })));
      }
      for (const [key, value] of followed) entries.push({ kind: FOLLOWED, key, value });
      await store.put(entries);
    },
    async forgetBelow(id, limit) {
      const old = await store.range(SESSION, { below: id, limit });
      const entries = old.flatMap(([key, value]): StoreEntry[] => {
        const session = readSession(value);
        const keys = session === undefined ? [] : indexKeys(session);
        return [
          { kind: SESSION, key, value: undefined },
          ...keys.map((each) => ({ kind: INDEX, key: each, value: undefined })),
        ];
      });
      if (entries.length > 0) await store.put(entries);
      return old.length;
    },
  };
}

interface Facets {
  readonly host?: string | undefined;
  readonly outcome: string;
}

/** What of a session can change and leads to it; reading all of it would take longer than writing it. */
function facetsOf(value: unknown): Facets | undefined {
  if (typeof value !== "object" || value === null || !("outcome" in value)) return undefined;
  const host = "host" in value ? String(value.host) : undefined;
  return { host, outcome: String(value.outcome) };
}

function indexKeys({ id, mac, host, outcome }: Pick<Session, "id" | "mac"> & Facets): readonly string[] {
  return [
    `mac/${mac}/${id}`,
    ...(host === undefined ? [] : [`host/${host}/${id}`]),
    `outcome/${outcome}/${id}`,
  ];
}

/** The index that leaves the fewest over. */
function prefixOf({ mac, host, outcome }: SessionFilter): string | undefined {
  if (mac !== undefined) return `mac/${mac}/`;
  if (host !== undefined) return `host/${host}/`;
  return outcome === undefined ? undefined : `outcome/${outcome}/`;
}

async function* newest(store: Store, filter: SessionFilter): AsyncGenerator<Session> {
  const prefix = prefixOf(filter);
  const kind = prefix === undefined ? SESSION : INDEX;
  const start = prefix ?? "";
  const from = `${start}${filter.since ?? ""}`;
  let below = `${start}${filter.before ?? END}`;
  for (;;) {
    const page = await store.range(kind, { from, below, reverse: true, limit: PAGE });
    for (const [key, value] of page) {
      // The index tells the outcome of those that need not be read.
      if (prefix !== undefined && filter.outcome !== undefined && value !== filter.outcome) continue;
      const session = readSession(
        prefix === undefined ? value : await store.get(SESSION, key.slice(prefix.length)),
      );
      if (session !== undefined && isWanted(session, filter)) yield session;
    }
    const [last] = page.at(-1) ?? [];
    if (page.length < PAGE || last === undefined) return;
    below = last;
    // Whoever boots goes first.
    await setImmediate();
  }
}
