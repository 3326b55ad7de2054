/** Keeps the tokens of the admin plane, never their texts. */

import * as z from "zod";
import { isExpired, isTokenName, SCOPES, type Scope, type Token } from "../../boot/access/token.ts";
import type { Store } from "../store/store.ts";
import { type Logins, loadLogins } from "./logins.ts";
import { hashSecret, makeSecret } from "./secret.ts";

export interface Tokens {
  /** Those that count, in the order of their names. */
  list(): readonly Token[];
  /**
   * Makes a token; resolves when it is on the disk.
   *
   * @param days - how long it counts; absent: until it is revoked
   * @returns its text, which nobody can be told again; `undefined` when there is one of that name
   */
  create(name: string, scope: Scope, days: number | undefined): Promise<string | undefined>;
  /** Resolves when it is on the disk that it, and every login by it, counts no more. @returns whether there was one */
  revoke(name: string): Promise<boolean>;
  /** The token with this text, if it counts. */
  find(text: string): Token | undefined;
  /** The token of this name, if it counts. */
  named(name: string): Token | undefined;
  readonly logins: Logins;
}

const KIND = "token";
const DAY_MS = 86_400_000;

const stored = z.object({
  hash: z.string(),
  scope: z.enum(SCOPES),
  createdMs: z.number(),
  expiresMs: z.number().optional(),
});

/**
 * Reads the tokens that are kept.
 *
 * @param onUnreadable - gets the name of each that cannot be read, which then does not count
 */
export async function loadTokens(
  store: Store,
  onUnreadable: (name: string) => void,
  now: () => number = Date.now,
): Promise<Tokens> {
  const shelf = createShelf(now);
  for (const [name, value] of await store.load(KIND)) {
    const { data } = stored.safeParse(value);
    if (data === undefined || !isTokenName(name)) onUnreadable(name);
    else shelf.put(data.hash, tokenOf(name, data));
  }
  const logins = await loadLogins(store, now);
  return {
    list: shelf.list,
    find: (text) => shelf.find(hashSecret(text)),
    named: shelf.named,
    logins,
    async create(name, scope, days) {
      if (shelf.named(name) !== undefined) return undefined;
      const text = makeSecret("mayfly_");
      const hash = hashSecret(text);
      const createdMs = now();
      const value = {
        hash,
        scope,
        createdMs,
        ...(days === undefined ? {} : { expiresMs: createdMs + days * DAY_MS }),
      };
      // One that has expired gives its name away, and must not give its logins with it.
      const dropped = logins.drop(name);
      shelf.put(hash, tokenOf(name, value));
      try {
        await store.put([...dropped, { kind: KIND, key: name, value }]);
      } catch (error) {
        shelf.delete(name);
        throw error;
      }
      return text;
    },
    async revoke(name) {
      if (!shelf.has(name)) return false;
      await store.put([...logins.drop(name), { kind: KIND, key: name, value: undefined }]);
      shelf.delete(name);
      return true;
    },
  };
}

/** The tokens by what they are found by; one that has expired is there and not found. */
function createShelf(now: () => number) {
  const byHash = new Map<string, Token>();
  const hashes = new Map<string, string>();
  const find = (hash: string) => {
    const token = byHash.get(hash);
    return token === undefined || isExpired(token, now()) ? undefined : token;
  };
  const remove = (name: string) => {
    byHash.delete(hashes.get(name) ?? "");
    hashes.delete(name);
  };
  return {
    find,
    named: (name: string) => find(hashes.get(name) ?? ""),
    has: (name: string) => hashes.has(name),
    list: () =>
      [...byHash.values()]
        .filter((token) => !isExpired(token, now()))
        .sort((a, b) => (a.name < b.name ? -1 : 1)),
    put(hash: string, token: Token) {
      remove(token.name);
      byHash.set(hash, token);
      hashes.set(token.name, hash);
    },
    delete: remove,
  };
}

function tokenOf(name: string, { scope, createdMs, expiresMs }: z.infer<typeof stored>): Token {
  return { name, scope, createdMs, ...(expiresMs === undefined ? {} : { expiresMs }) };
}
