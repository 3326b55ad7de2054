/** What the admin plane says when it says no: a problem document. @see RFC 9457 */

import { STATUS_CODES } from "node:http";
import type { Response } from "express";

/** Stable; each is explained in docs/errors.md. */
export type ProblemCode =
  | "invalid" // a path, query or body that does not say what is wanted
  | "no-token" // a token is wanted here, and none was shown
  | "wrong-token" // none that counts
  | "scope" // the token is for less than this
  | "unauthorized" // who asks has not shown that it may
  | "foreign-origin" // another site's page, or another name for this machine
  | "no-own-header" // a browser that may have been sent by another site's page
  | "not-found"
  | "refused" // understood, and against what holds: the detail says what
  | "changed" // it is not as it was when the client looked: If-Match
  | "too-large"
  | "not-json"
  | "too-many-attempts" // so many wrong tokens that no other is heard for a while
  | "busy" // so much of the same is under way that there is no room for more
  | "failed"; // the server could not do it

/** The status of the answer. */
export const PROBLEM_STATUS: Readonly<Record<ProblemCode, number>> = {
  invalid: 400,
  "no-token": 401,
  "wrong-token": 401,
  scope: 403,
  unauthorized: 401,
  "foreign-origin": 403,
  "no-own-header": 403,
  "not-found": 404,
  refused: 409,
  changed: 412,
  "too-large": 413,
  "not-json": 415,
  "too-many-attempts": 429,
  busy: 503,
  failed: 500,
};

/** Thrown by a route to answer so. */
export class Problem extends Error {
  override readonly name = "Problem";
  readonly code: ProblemCode;
  readonly cure: string | undefined;
  readonly headers: Readonly<Record<string, string>>;

  /** @param message - what is the matter, in a sentence without a full stop */
  constructor(
    code: ProblemCode,
    message: string,
    cure?: string,
    headers: Readonly<Record<string, string>> = {},
  ) {
    super(message);
    this.code = code;
    this.cure = cure;
    this.headers = headers;
  }
}

export function sendProblem(response: Response, { code, message, cure, headers }: Problem): void {
  const status = PROBLEM_STATUS[code];
  const body = { type: "about:blank", title: STATUS_CODES[status], status, code, detail: message };
  response
    .status(status)
    .set(headers)
    .type("application/problem+json")
    .json(cure === undefined ? body : { ...body, cure });
}
