/** The gate of the admin plane: who asks, and whether they may, from the request as express has it. */

import type { Request } from "express";
import type { Asker, Scope } from "../boot/access/token.ts";
import { type Entry, type Keys, type Knock, recognise, refuseChange, refuseScope } from "./access/asker.ts";
import { createAttempts } from "./access/attempts.ts";
import { isForeignLink, plainAddress, refuseForeign } from "./access/foreign.ts";
import type { AdminAccess } from "./admin.ts";
import { Problem } from "./problem.ts";

export interface Gate {
  /**
   * @returns whether it is a person who follows a link of another site: the browser keeps the login back
   * @throws {@link Problem} for a page of another site, and for a name that is not ours
   */
  refuseForeign(request: Request): "own" | "link";
  /** @throws {@link Problem} for one who may not */
  enter(request: Request, wanted: Scope): Guest;
  /** Takes down that somebody showed a wrong token. @returns what to throw */
  failed(request: Request): Problem;
}

/** One who was let in. */
export interface Guest {
  readonly asker: Asker;
  /** Whether they would be let in again now. */
  isStillWelcome(): boolean;
}

/** The cookie of a browser that has logged in. */
export const COOKIE = "mayfly-login";
/** What no page of another site can send. */
export const OWN_HEADER = "x-mayfly";
const FORWARDED = ["forwarded", "x-forwarded-for", "x-forwarded-host", "x-real-ip", "via"] as const;
const CHALLENGE = { "WWW-Authenticate": 'Bearer realm="mayfly"' };

export function createGate(access: AdminAccess): Gate {
  const attempts = createAttempts();
  const keys: Keys = access;

  function failed(request: Request): Problem {
    const seconds = attempts.fail(plainAddress(request.socket.remoteAddress));
    const cure = "'mayfly token list' on the server says which there are";
    return seconds === 0
      ? new Problem("wrong-token", "this token does not count, or counts no more", cure, CHALLENGE)
      : new Problem("too-many-attempts", "too many wrong tokens came from this address", cure, {
          "Retry-After": String(seconds),
        });
  }
  function letIn(request: Request, knock: Knock): Extract<Entry, { type: "let-in" }> {
    const entry = recognise(knock, keys);
    if (entry.type === "let-in") return entry;
    if (entry.type === "wrong" && knock.authorization !== undefined) throw failed(request);
    throw entry.type === "wrong"
      ? new Problem("wrong-token", "this login counts no more: log in again", undefined, CHALLENGE)
      : new Problem(
          "no-token",
          "a token is wanted here",
          "'mayfly token create NAME' on the server makes one; send it as 'Authorization: Bearer TOKEN'",
          CHALLENGE,
        );
  }
  return {
    refuseForeign(request) {
      const { method, path } = request;
      const { host, origin } = request.headers;
      const local = plainAddress(request.socket.localAddress);
      const [site, mode, dest] = ["site", "mode", "dest"].map((name) => header(request, `sec-fetch-${name}`));
      const isLink = isForeignLink({ method, path, origin, site, mode, dest });
      const reason = refuseForeign({ host, origin, site: isLink ? undefined : site, local }, access.names);
      if (reason !== undefined) throw new Problem("foreign-origin", reason);
      return isLink ? "link" : "own";
    },
    enter(request, wanted) {
      const knock = knockOf(request);
      const { asker, by } = letIn(request, knock);
      const tooSmall = refuseScope(asker, wanted);
      if (tooSmall !== undefined) throw new Problem("scope", tooSmall);
      const sent = refuseChange(knock, by);
      if (sent !== undefined) throw new Problem("no-own-header", sent);
      return { asker, isStillWelcome: () => recognise(knock, keys).type === "let-in" };
    },
    failed,
  };
}

function knockOf(request: Request): Knock {
  const { method, socket, headers } = request;
  return {
    method,
    remote: plainAddress(socket.remoteAddress),
    local: plainAddress(socket.localAddress),
    host: headers.host,
    authorization: headers.authorization,
    login: cookieOf(request),
    isForwarded: FORWARDED.some((name) => headers[name] !== undefined),
    isBrowser: headers.origin !== undefined || headers["sec-fetch-site"] !== undefined,
    hasOwnHeader: headers[OWN_HEADER] !== undefined,
  };
}

/** The secret that the browser shows, if it shows one. */
export function cookieOf(request: Request): string | undefined {
  const found = request.headers.cookie
    ?.split(";")
    .map((part) => part.trim())
    .find((part) => part.startsWith(`${COOKIE}=`));
  return found?.slice(COOKIE.length + 1);
}

function header(request: Request, name: string): string | undefined {
  const value = request.headers[name];
  return typeof value === "string" ? value : undefined;
}
