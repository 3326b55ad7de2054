/** Reads the body of a request, as far as it may be read. */

import type { IncomingMessage, ServerResponse } from "node:http";

export type Body =
  | { readonly type: "whole"; readonly bytes: Uint8Array; readonly contentType?: string }
  | { readonly type: "too-large" }
  /** The client went away, or was too slow: the server's own time limit ends the connection. */
  | { readonly type: "cut-off" };

/** Reads nothing of a body that says that it is too large, and no more than `maxBytes` of one that does not say. */
export async function readBody(
  request: IncomingMessage,
  response: ServerResponse,
  maxBytes: number,
): Promise<Body> {
  const { "content-length": length, "content-type": contentType, expect } = request.headers;
  if (Number(length ?? 0) > maxBytes) return { type: "too-large" };
  // curl asks first whether a large body is wanted at all.
  if (expect !== undefined) response.writeContinue();
  const chunks: Uint8Array[] = [];
  let sizeBytes = 0;
  try {
    for await (const chunk of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
      sizeBytes += chunk.length;
      if (sizeBytes > maxBytes) return { type: "too-large" };
      chunks.push(chunk);
    }
  } catch {
    return { type: "cut-off" };
  }
  return {
    type: "whole",
    bytes: Buffer.concat(chunks),
    ...(contentType === undefined ? {} : { contentType }),
  };
}
