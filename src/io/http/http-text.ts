/** Answers that are a few lines of text: nobody may keep them. */

import type { OutgoingHttpHeaders, ServerResponse } from "node:http";

export const NO_STORE = { "Cache-Control": "no-store" };

export function sendText(
  response: ServerResponse,
  status: number,
  text: string,
  headers: OutgoingHttpHeaders = {},
): void {
  const body = new TextEncoder().encode(text);
  response.writeHead(status, {
    "Content-Type": "text/plain; charset=utf-8",
    "Content-Length": body.length,
    ...NO_STORE,
    ...headers,
  });
  // Node leaves the body out for HEAD.
  response.end(body);
}

/** Says no. With the head sent already, only a broken connection tells that the rest will not come. */
export function refuse(response: ServerResponse, status: number, reason: string, allow?: string): void {
  if (response.headersSent) response.destroy();
  else if (!response.destroyed) {
    sendText(response, status, `${reason}\n`, allow === undefined ? {} : { Allow: allow });
  }
}
