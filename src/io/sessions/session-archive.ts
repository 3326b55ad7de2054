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
import { createNamelessSessions, namelessKey } from "./nameless-sessions.ts";
import { type Following, readFollowing, readSession } from "./session-record.ts";

/** Under which kinds the store has them. */
export const SESSION_KINDS = {
  /** `ID`: the session. */
  SESSION: "session",
  /**
   * `mac/MAC/ID`, `host/NAME/ID` and `outcome/OUTCOME/ID`: its outcome. `nameless/ID`: for those of which only
   * the newest are kept.
   */
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

export interface ArchiveOptions {
  /** Whether a session may be made up by anybody; absent: none is. */
  readonly isNameless?: (session: Session) => boolean;
  /** How many of those are kept. */
  readonly maxNameless?: number;
}

const { SESSION, INDEX, FOLLOWED } = SESSION_KINDS;
const PAGE = 100;
/** As many as are followed of them, so that a restart loses none. */
const MAX_NAMELESS = 4096;
/** Behind every name of a session. */
const END = "~";

export function createSessionArchive(store: Store, options: ArchiveOptions = {}): SessionArchive {
  const { isNameless = () => false, maxNameless = MAX_NAMELESS } = options;
  const nameless = createNamelessSessions({ store, kind: INDEX, isNameless, limit: maxNameless });
  return {
    get: async (id) => readSession(await store.get(SESSION, id)),
    newest: (filter) => newest(store, filter),
    async followed() {
      const all = [...(await store.load(FOLLOWED))];
      return all.flatMap(([mac, value]) => {
        const following = readFollowing(value);
        return following === undefined ? [] : [[mac, following] as const];
      });
    },
    async write(sessions, followed) {
      const { entries: marks, surplus, done } = await nameless.plan(sessions);
      const entries: StoreEntry[] = [...marks];
      for (const id of surplus) entries.push(...toForget(id, await store.get(SESSION, id)));
      for (const session of sessions) entries.push(...toKeep(session, await store.get(SESSION, session.id)));
      for (const [key, value] of followed) entries.push({ kind: FOLLOWED, key, value });
      await store.put(entries);
      done();
    },
    async forgetBelow(id, limit) {
      const old = await store.range(SESSION, { below: id, limit });
      const entries = old.flatMap(([key, value]) => toForget(key, value));
      if (entries.length > 0) await store.put(entries);
      nameless.forget(old.map(([key]) => key));
      return old.length;
    },
  };
}

/** @param kept - what is on the disk of it */
function toKeep(session: Session, kept: unknown): readonly StoreEntry[] {
  const entry = { kind: SESSION, key: session.id, value: session };
  const before = facetsOf(kept);
  if (before?.outcome === session.outcome && before.host === session.host) return [entry];
  const keys = indexKeys(session);
  const old = before === undefined ? [] : indexKeys({ ...session, ...before });
  return [
    entry,
    ...old.flatMap((key) => (keys.includes(key) ? [] : [{ kind: INDEX, key, value: undefined }])),
    ...keys.map((key) => ({ kind: INDEX, key, value: session.outcome })),
  ];
}

/** As {@link toKeep}. */
function toForget(id: SessionId, kept: unknown): readonly StoreEntry[] {
  const session = readSession(kept);
  const keys = [namelessKey(id), ...(session === undefined ? [] : indexKeys(session))];
  return [
    { kind: SESSION, key: id, value: undefined },
    ...keys.map((key) => ({ kind: INDEX, key, value: undefined })),
  ];
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
