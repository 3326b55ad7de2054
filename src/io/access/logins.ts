/** Keeps which browser has logged in with which token, across restarts; never what the browser shows. */

import * as z from "zod";
import { isExpired, type Token } from "../../boot/access/token.ts";
import type { Store, StoreEntry } from "../store/store.ts";
import { hashSecret, makeSecret } from "./secret.ts";

export interface Logins {
  /** Lets a browser in for as long as the token counts, {@link LOGIN_DAYS} at the most. @returns the secret that it is to show */
  open(token: Token): Promise<string>;
  /** The name of the token that a browser logged in with. */
  find(secret: string): string | undefined;
  close(secret: string): Promise<void>;
  /** Forgets at once all logins by a token. @returns what the store has to forget */
  drop(tokenName: string): readonly StoreEntry[];
}

/** Then one has to show the token again. */
export const LOGIN_DAYS = 30;

const KIND = "login";
/** Of one token, the oldest go first: a token for reading logs out nobody else. */
const MAX_LOGINS = 20;
const DAY_MS = 86_400_000;

/** Those of an earlier version do not say when they began, and began before all others. */
const stored = z.object({ token: z.string(), beganMs: z.number().default(0), expiresMs: z.number() });

type Login = z.infer<typeof stored>;

export async function loadLogins(store: Store, now: () => number): Promise<Logins> {
  const logins = new Map<string, Login>();
  for (const [hash, value] of await store.load(KIND)) {
    const { data } = stored.safeParse(value);
    if (data !== undefined) logins.set(hash, data);
  }
  function dropWhere(isGone: (login: Login) => boolean): StoreEntry[] {
    const gone = [...logins].filter(([, login]) => isGone(login)).map(([hash]) => hash);
    for (const hash of gone) logins.delete(hash);
    return gone.map((key) => ({ kind: KIND, key, value: undefined }));
  }
  /** Makes room for one more by a token. */
  function shrink(tokenName: string): StoreEntry[] {
    const expired = dropWhere((login) => isExpired(login, now()));
    const own = [...logins.values()].filter(({ token }) => token === tokenName);
    const oldest = own.sort((a, b) => a.beganMs - b.beganMs);
    const surplus = new Set(oldest.slice(0, Math.max(0, own.length - MAX_LOGINS + 1)));
    return [...expired, ...dropWhere((login) => surplus.has(login))];
  }
  return {
    async open({ name, expiresMs = Number.POSITIVE_INFINITY }) {
      const secret = makeSecret();
      const key = hashSecret(secret);
      const lastMs = now() + LOGIN_DAYS * DAY_MS;
      const value = { token: name, beganMs: now(), expiresMs: Math.min(expiresMs, lastMs) };
      const dropped = shrink(name);
      // At once, so that others which begin meanwhile count it; nobody knows its secret before it is kept.
      logins.set(key, value);
      try {
        await store.put([...dropped, { kind: KIND, key, value }]);
      } catch (error) {
        logins.delete(key);
        throw error;
      }
      return secret;
    },
    find(secret) {
      const login = logins.get(hashSecret(secret));
      return login === undefined || isExpired(login, now()) ? undefined : login.token;
    },
    async close(secret) {
      const key = hashSecret(secret);
      if (logins.delete(key)) await store.put([{ kind: KIND, key, value: undefined }]);
    },
    drop: (tokenName) => dropWhere(({ token }) => token === tokenName),
  };
}
