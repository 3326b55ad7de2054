/** `mayfly token`: makes, lists and revokes what others show to see and steer a server. */

import { isTokenName, SCOPES, type Scope } from "../boot/access/token.ts";
import { loadSettings, type SettingsRequest } from "../config/load.ts";
import { ConfigError, quote } from "../config/mistake.ts";
import { TOKEN_VARIABLE } from "../config/sources.ts";
import { loadTokens, type Tokens } from "../io/access/tokens.ts";
import { openStore } from "../io/store/sqlite-store.ts";
import { newToken, revocation, tokens as tokenList } from "../web/schema/tokens.ts";
import { type AdminClient, connectAdmin, NoServerError, RefusedError } from "./admin-client.ts";
import type { ListOptions } from "./machines.ts";
import { type Column, formatTable } from "./table.ts";

export interface TokenWish {
  readonly scope: string;
  readonly days?: string;
}

/** The server makes it; where none runs, it is written where the server will find it. */
export async function createToken(
  request: SettingsRequest,
  name: string,
  { scope, days }: TokenWish,
): Promise<{ readonly text: string; readonly notes: readonly string[] }> {
  const wish = { name: readName(name), scope: readScope(scope), ...readDays(days) };
  const text = await either(
    request,
    async (client) => (await client.ask(newToken, "POST", "tokens", wish)).token,
    (kept) => kept.create(wish.name, wish.scope, wish.days),
  );
  if (text === undefined) {
    throw new Error(
      `there is a token '${name}' already; 'mayfly token revoke ${name}' first, or take another name`,
    );
  }
  return {
    text,
    notes: [
      `The token '${name}' may ${MAY[wish.scope]}${wish.days === undefined ? "" : ` for ${wish.days} days`}. It is shown this once.`,
    ],
  };
}

const MAY: Readonly<Record<Scope, string>> = {
  read: "see everything and change nothing",
  operate: "see and steer",
  admin: "see and steer, and make and revoke tokens",
};

interface Row {
  readonly name: string;
  readonly scope: Scope;
  readonly created: string;
  readonly expires?: string | undefined;
}

export async function listTokens(request: SettingsRequest, { json, width }: ListOptions): Promise<string[]> {
  const rows = await either<readonly Row[]>(
    request,
    async (client) => (await client.ask(tokenList, "GET", "tokens")).tokens,
    async (kept) =>
      kept.list().map(({ name, scope, createdMs, expiresMs }) => ({
        name,
        scope,
        created: new Date(createdMs).toISOString(),
        ...(expiresMs === undefined ? {} : { expires: new Date(expiresMs).toISOString() }),
      })),
  );
  if (json) return [JSON.stringify({ tokens: rows }, undefined, 2)];
  if (rows.length === 0) return ["There is no token: nobody is let in from elsewhere."];
  return formatTable(COLUMNS, rows, width);
}

const COLUMNS: readonly Column<Row>[] = [
  { title: "TOKEN", text: ({ name }) => name },
  { title: "SCOPE", text: ({ scope }) => scope },
  { title: "MADE", text: ({ created }) => created.slice(0, 10) },
  { title: "UNTIL", text: ({ expires }) => expires?.slice(0, 10) ?? "" },
];

export async function revokeToken(request: SettingsRequest, name: string, json = false): Promise<string[]> {
  readName(name);
  const wasThere = await either(
    request,
    async (client) => (await client.ask(revocation, "DELETE", `tokens/${name}`)).name === name,
    (kept) => kept.revoke(name),
  );
  if (!wasThere) throw new Error(`there is no token '${name}'; 'mayfly token list' says which there are`);
  if (json) return [JSON.stringify({ name }, undefined, 2)];
  return [`The token '${name}', and whoever has logged in with it, counts no more.`];
}

/** Asks the server that runs, or opens its state where none does. */
async function either<Result>(
  request: SettingsRequest,
  ask: (client: AdminClient) => Promise<Result>,
  open: (kept: Tokens) => Promise<Result>,
): Promise<Result> {
  // Whoever says where the server is does not mean this folder.
  const isNamed = (request.flags.admin ?? request.env.MAYFLY_ADMIN ?? "") !== "";
  try {
    return await ask(await connectAdmin(request));
  } catch (error) {
    if (error instanceof RefusedError && NO_KEY.includes(error.code)) {
      throw lockedOut(error, isNamed ? undefined : (await loadSettings(request)).stateFolder);
    }
    if (!(error instanceof NoServerError) || isNamed) throw error;
  }
  const store = await openStore((await loadSettings(request)).stateFolder);
  try {
    return await open(await loadTokens(store, () => {}));
  } finally {
    await store.close();
  }
}

const NO_KEY: readonly string[] = ["no-token", "wrong-token", "scope"];

/**
 * A token is made by a token: the first one, and the one after the last has expired, by who may write the
 * state. That is one server's at a time, which keeps its tokens in memory, so it has to be stopped for it.
 *
 * @param folder - of the server's state, where it is known
 */
function lockedOut({ detail }: RefusedError, folder: string | undefined): Error {
  const how =
    folder === undefined
      ? "on its machine: stop the server, run 'mayfly token' there, and start it"
      : `stop the server, run this again (it writes to ${folder}), and start it`;
  return new Error(`${detail}; show one of scope admin in $${TOKEN_VARIABLE}; where there is none, ${how}`);
}

function readName(name: string): string {
  if (isTokenName(name)) return name;
  const want =
    "a token's name: up to 64 letters, digits, '.', '_' and '-', the first one a letter or a digit";
  throw new ConfigError([{ place: "NAME", read: quote(name), want }]);
}

function readScope(text: string): Scope {
  const scope = SCOPES.find((each) => each === text);
  if (scope !== undefined) return scope;
  throw new ConfigError([{ place: "--scope", read: quote(text), want: SCOPES.join(", ") }]);
}

function readDays(text: string | undefined): { readonly days?: number } {
  if (text === undefined) return {};
  const days = /^\d{1,4}$/.test(text) ? Number(text) : 0;
  if (days >= 1 && days <= 3650) return { days };
  throw new ConfigError([
    { place: "--days", read: quote(text), want: "a whole number of days from 1 to 3650" },
  ]);
}
