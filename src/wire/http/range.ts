/**
 * Byte ranges and preconditions of a GET: which part of a file is asked for, if any.
 *
 * @see RFC 9110 §13 (preconditions), §14 (ranges)
 */

/** Bytes `first` to `last`, both included, as in `bytes=0-499`; the range of an empty file is 0 to -1. */
export interface ByteRange {
  readonly first: number;
  readonly last: number;
}

/**
 * Reads a `Range` header for a file of `sizeBytes`.
 *
 * Several ranges at once, units other than bytes and nonsense are answered whole, as the RFC allows.
 */
export function parseRange(header: string, sizeBytes: number): ByteRange | "whole" | "unsatisfiable" {
  const match = /^bytes\s*=\s*(\d*)\s*-\s*(\d*)\s*$/i.exec(header);
  if (match === null) return "whole";
  const [, from = "", to = ""] = match;
  if (from === "") return to === "" ? "whole" : suffix(Number(to), sizeBytes);
  const first = Number(from);
  if (to !== "" && Number(to) < first) return "whole"; // "invalid", so it must be ignored (§14.1.1)
  const last = to === "" ? sizeBytes - 1 : Math.min(Number(to), sizeBytes - 1);
  return first >= sizeBytes ? "unsatisfiable" : { first, last };
}

function suffix(length: number, sizeBytes: number): ByteRange | "unsatisfiable" {
  if (length === 0 || sizeBytes === 0) return "unsatisfiable";
  return { first: Math.max(0, sizeBytes - length), last: sizeBytes - 1 };
}

/** The headers that a file's answer depends on. */
export interface FileRequestHeaders {
  readonly range?: string | undefined;
  readonly ifRange?: string | undefined;
  readonly ifMatch?: string | undefined;
  readonly ifNoneMatch?: string | undefined;
}

/** What is sent of a file; `not-modified` is the status 304, `failed` 412, `unsatisfiable` 416. */
export type FilePart = ByteRange | "whole" | "unsatisfiable" | "not-modified" | "failed";

/**
 * Decides what of a file is sent, in the order of RFC 9110 §13.2.2.
 *
 * @param etag - a strong validator in its quotes; absent when the file has none
 */
export function selectPart(
  headers: FileRequestHeaders,
  sizeBytes: number,
  etag: string | undefined,
): FilePart {
  const { range, ifRange, ifMatch, ifNoneMatch } = headers;
  if (ifMatch !== undefined && !isListed(ifMatch, etag)) return "failed";
  // If-None-Match compares weakly, If-Match strongly.
  if (ifNoneMatch !== undefined && isListed(ifNoneMatch.replaceAll('W/"', '"'), etag)) return "not-modified";
  // If-Range may also be a date; we send none, so a date never matches and the file is sent whole.
  const isSameFile = ifRange === undefined || ifRange === etag;
  return range === undefined || !isSameFile ? "whole" : parseRange(range, sizeBytes);
}

function isListed(list: string, etag: string | undefined): boolean {
  if (list.trim() === "*") return true;
  const tags: readonly string[] = list.match(/(?:W\/)?"[^"]*"/g) ?? [];
  return etag !== undefined && tags.includes(etag);
}
