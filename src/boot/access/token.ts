/** The noun `token`: what a program or a person shows to be let in from elsewhere, and what it allows. */

/** What one may: see, steer, say who may. Each may what those before it may. */
export const SCOPES = ["read", "operate", "admin"] as const;

export type Scope = (typeof SCOPES)[number];

/** A token as it is known; its text is known to whoever was given it alone. */
export interface Token {
  /** For people, and for the log: `ci`, `dashboard-anna`. */
  readonly name: string;
  readonly scope: Scope;
  /** Milliseconds since 1970. */
  readonly createdMs: number;
  /** From then on it does not count; absent: it does until it is revoked. */
  readonly expiresMs?: number;
}

/** Who asks: by a token, or as somebody on the server's own machine. */
export interface Asker {
  readonly name: string;
  readonly scope: Scope;
}

/** What one is called who needs no token, being on the server's own machine; no token has this name. */
export const LOCAL_NAME = "this machine";

/** Whether one who has a scope may do what another one allows. */
export function mayDo(has: Scope, wanted: Scope): boolean {
  return SCOPES.indexOf(has) >= SCOPES.indexOf(wanted);
}

export function isTokenName(text: string): boolean {
  return /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/.test(text);
}

export function isExpired({ expiresMs }: Pick<Token, "expiresMs">, nowMs: number): boolean {
  return expiresMs !== undefined && expiresMs <= nowMs;
}
