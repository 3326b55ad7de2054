/** What the admin plane says when it says no: a problem document. @see RFC 9457 */

import { STATUS_CODES } from "node:http";
import type { Response } from "express";

/** Stable; each is explained in docs/errors.md. */
export type ProblemCode =
  | "invalid" // a path, query or body that does not say what is wanted
  | "unauthorized" // who asks has not shown that it may
  | "foreign-origin" // another site's page, or another name for this machine
  | "not-found"
  | "refused" // understood, and against what holds: the detail says what
  | "too-large"
  | "not-json"
  | "failed"; // the server could not do it

const STATUS: Readonly<Record<ProblemCode, number>> = {
  invalid: 400,
  unauthorized: 401,
  "foreign-origin": 403,
  "not-found": 404,
  refused: 409,
  "too-large": 413,
  "not-json": 415,
  failed: 500,
};

/** Thrown by a route to answer so. */
export class Problem extends Error {
  override readonly name = "Problem";
  readonly code: ProblemCode;
  readonly cure: string | undefined;

  /** @param message - what is the matter, in a sentence without a full stop */
  constructor(code: ProblemCode, message: string, cure?: string) {
    super(message);
    this.code = code;
    this.cure = cure;
  }
}

export function sendProblem(response: Response, { code, message, cure }: Problem): void {
  const status = STATUS[code];
  const body = { type: "about:blank", title: STATUS_CODES[status], status, code, detail: message };
  response
    .status(status)
    .type("application/problem+json")
    .json(cure === undefined ? body : { ...body, cure });
}
