/**
 * The page between a link of another site and a page of ours: it asks for the next one by itself.
 *
 * A browser keeps the login (`SameSite=Strict`) back while it follows a link of another site, and sends it
 * with what a page of ours asks for.
 */

import type { Response } from "express";
import { pageHeaders } from "./security-headers.ts";

interface ThresholdOptions {
  readonly status: number;
  /** A path that holds no quotation mark; absent: what was asked for, once more. */
  readonly next?: string;
}

export function sendThreshold(response: Response, { status, next = "" }: ThresholdOptions): void {
  const where = next === "" ? "" : `; url=${next}`;
  response
    .status(status)
    .set({ ...pageHeaders(), "Cache-Control": "no-store" })
    .type("html")
    .send(`<!doctype html>
<html lang="en">
<meta charset="utf-8"><meta name="viewport" content="width=device-width">
<meta http-equiv="refresh" content="0${where}">
<title>Mayfly</title>
<p><a href="${next}">Go on to Mayfly</a></p>
</html>
`);
}
