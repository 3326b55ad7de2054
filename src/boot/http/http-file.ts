/** The head of an answer that holds a file: status, headers, and which bytes follow. */

import { type ByteRange, type FileRequestHeaders, selectPart } from "../../wire/http/range.ts";
import type { Generation } from "../generation.ts";

export interface FileReply {
  readonly status: 200 | 206 | 304 | 412 | 416;
  readonly headers: Readonly<Record<string, string | number>>;
  /** Absent when no bytes of the file follow. */
  readonly range?: ByteRange;
}

/** What EDK2's HTTP Boot tells a program, a disk and an ISO image apart by, before it looks at the name. */
const TYPES: ReadonlyMap<string, string> = new Map([
  ["efi", "application/efi"],
  ["iso", "application/vnd.efi-iso"],
  ["img", "application/vnd.efi-img"],
  ["ipxe", "text/plain; charset=utf-8"],
]);

/** The validator of a file of a generation: strong, since neither ever means other bytes. In its quotes. */
export function mediaEtag(generation: Generation, file: string): string {
  return `"${[generation.id, ...file.split("/")].map(encodeURIComponent).join("/")}"`;
}

/**
 * Answers a request for a file.
 *
 * @param etag - {@link mediaEtag}; absent for a file that may change, which is then not to be cached
 */
export function replyWithFile(
  headers: FileRequestHeaders,
  path: string,
  sizeBytes: number,
  etag: string | undefined,
): FileReply {
  const part = selectPart(headers, sizeBytes, etag);
  const common = {
    "Accept-Ranges": "bytes",
    "Cache-Control": etag === undefined ? "no-cache" : "public, max-age=31536000, immutable",
    ...(etag === undefined ? {} : { ETag: etag }),
  };
  const type = {
    "Content-Type": TYPES.get(path.slice(path.lastIndexOf(".") + 1)) ?? "application/octet-stream",
  };
  switch (part) {
    case "not-modified":
      return { status: 304, headers: common };
    case "failed":
      return { status: 412, headers: { "Content-Length": 0 } };
    case "unsatisfiable":
      return { status: 416, headers: { "Content-Length": 0, "Content-Range": `bytes */${sizeBytes}` } };
    case "whole": {
      const range = { first: 0, last: sizeBytes - 1 };
      return { status: 200, headers: { ...common, ...type, "Content-Length": sizeBytes }, range };
    }
    default: {
      const contentRange = `bytes ${part.first}-${part.last}/${sizeBytes}`;
      const length = { "Content-Length": part.last - part.first + 1, "Content-Range": contentRange };
      return { status: 206, headers: { ...common, ...type, ...length }, range: part };
    }
  }
}
