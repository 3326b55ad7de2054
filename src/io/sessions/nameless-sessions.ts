/**
 * Which sessions on the disk may be made up by anybody, and which of them have to go when there are too many.
 *
 * Each has an entry of its own in the index, so that a server that is started anew reads a list of names.
 */

import type { Session, SessionId } from "../../boot/session/session.ts";
import type { Store, StoreEntry } from "../store/store.ts";

export interface NamelessSessions {
  /** What these change when they are written. */
  plan(sessions: readonly Session[]): Promise<NamelessPlan>;
  /** These are on the disk no longer. */
  forget(ids: Iterable<SessionId>): void;
}

export interface NamelessPlan {
  /** To be written with them. */
  readonly entries: readonly StoreEntry[];
  /** To be forgotten with that, the oldest first. */
  readonly surplus: readonly SessionId[];
  /** All of it was written. */
  done(): void;
}

export interface NamelessOptions {
  readonly store: Pick<Store, "range">;
  /** The kind of the index. */
  readonly kind: string;
  readonly isNameless: (session: Session) => boolean;
  /** How many are kept, the newest; one write may be above it. */
  readonly limit: number;
}

const PREFIX = "nameless/";
const END = "~";
/** More than there can be. */
const ALL = 1_000_000;

export function namelessKey(id: SessionId): string {
  return `${PREFIX}${id}`;
}

export function createNamelessSessions({
  store,
  kind,
  isNameless,
  limit,
}: NamelessOptions): NamelessSessions {
  /** The oldest first. */
  const kept = new Set<SessionId>();
  let loading: Promise<void> | undefined;

  async function load(): Promise<void> {
    const range = { from: PREFIX, below: `${PREFIX}${END}`, limit: ALL };
    for (const [key] of await store.range(kind, range)) kept.add(key.slice(PREFIX.length));
  }
  return {
    async plan(sessions) {
      loading ??= load();
      await loading;
      const changed = sessions.filter((session) => isNameless(session) !== kept.has(session.id));
      const added = changed.filter(({ id }) => !kept.has(id)).map(({ id }) => id);
      const left = changed.filter(({ id }) => kept.has(id)).map(({ id }) => id);
      const written = new Set(sessions.map(({ id }) => id));
      const tooMany = Math.max(0, kept.size + added.length - left.length - limit);
      const surplus = [...kept].filter((id) => !written.has(id)).slice(0, tooMany);
      return {
        entries: [
          ...added.map((id) => ({ kind, key: namelessKey(id), value: true })),
          ...left.map((id) => ({ kind, key: namelessKey(id), value: undefined })),
        ],
        surplus,
        done() {
          for (const id of [...left, ...surplus]) kept.delete(id);
          for (const id of added) kept.add(id);
        },
      };
    },
    forget(ids) {
      for (const id of ids) kept.delete(id);
    },
  };
}
