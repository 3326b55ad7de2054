/** Who asks the admin plane, and whether they may: a decision over what a request shows. Pure. */

import { type Asker, LOCAL_NAME, mayDo, type Scope, type Token } from "../../boot/access/token.ts";
import { isLoopback, isLoopbackName, nameOf } from "./foreign.ts";

/** What a request shows of who sends it. */
export interface Knock {
  readonly method: string;
  /** The other end of its connection. */
  readonly remote: string;
  /** Our end. */
  readonly local: string;
  readonly host?: string | undefined;
  readonly authorization?: string | undefined;
  /** The secret in the cookie. */
  readonly login?: string | undefined;
  /** It has passed through a proxy, which says so. */
  readonly isForwarded: boolean;
  /** It has a header that only browsers send. */
  readonly isBrowser: boolean;
  /** It has the header that no page of another site can send. */
  readonly hasOwnHeader: boolean;
}

/** What lets somebody in. */
export interface Keys {
  /** Whether this machine's own users need a token too. */
  readonly always: boolean;
  find(text: string): Token | undefined;
  findLogin(secret: string): Token | undefined;
}

export type Entry =
  | { readonly type: "let-in"; readonly asker: Asker; readonly by: "token" | "login" | "place" }
  /** It shows nothing, where something is wanted. */
  | { readonly type: "unknown" }
  /** It shows a token or a login that does not count. */
  | { readonly type: "wrong" };

/** One who may do everything because they are on the machine itself. */
export const LOCAL_ASKER: Asker = { name: LOCAL_NAME, scope: "admin" };

/** Says who asks. */
export function recognise(knock: Knock, keys: Keys): Entry {
  const { authorization, login } = knock;
  if (authorization !== undefined) {
    const text = /^Bearer +(\S+)$/i.exec(authorization)?.[1];
    const token = text === undefined ? undefined : keys.find(text);
    return token === undefined ? { type: "wrong" } : { type: "let-in", asker: token, by: "token" };
  }
  const token = login === undefined ? undefined : keys.findLogin(login);
  if (token !== undefined) return { type: "let-in", asker: token, by: "login" };
  if (isOnThisMachine(knock) && !keys.always) return { type: "let-in", asker: LOCAL_ASKER, by: "place" };
  return { type: login === undefined ? "unknown" : "wrong" };
}

/** A proxy on this machine is here too; those whom it lets through are not. */
function isOnThisMachine({ remote, local, host = "", isForwarded }: Knock): boolean {
  return isLoopback(remote) && isLoopback(local) && isLoopbackName(nameOf(host) ?? "") && !isForwarded;
}

/**
 * Says why one who was let in may not do this.
 *
 * A page of another site can send some requests with our cookie, or from a browser on this machine, but
 * none with a header of its own choice: the browser would ask us first, and we never answer that.
 */
export function refuseChange(
  { method, isBrowser, hasOwnHeader }: Knock,
  by: "token" | "login" | "place",
): string | undefined {
  const changes = method !== "GET" && method !== "HEAD";
  if (!changes || by === "token" || hasOwnHeader || !(isBrowser || by === "login")) return undefined;
  return "a page that changes something sends the header 'X-Mayfly: 1' with it";
}

/** Says why a scope is too small. */
export function refuseScope({ name, scope }: Asker, wanted: Scope): string | undefined {
  return mayDo(scope, wanted) ? undefined : `the token '${name}' is for '${scope}'; this needs '${wanted}'`;
}
