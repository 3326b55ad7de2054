/**
 * A download that survives what networks do, as a state machine without I/O: it goes on where it broke
 * off as long as the server still has the same file, and starts over when it does not.
 *
 * @see RFC 9110 §14.2 (Range), §13.1.5 (If-Range)
 */

export interface Transfer {
  readonly url: string;
  /** More than this is not taken. */
  readonly maxBytes: number;
  /** Bytes that are kept from before. */
  readonly keptBytes: number;
  /** A strong validator of these bytes; without one they cannot be gone on with. */
  readonly validator?: string;
  /** Of the whole file, once the server has told. */
  readonly totalBytes?: number;
  readonly redirects: number;
  /** Failures since the last byte of progress. */
  readonly failures: number;
}

export interface ResponseHead {
  readonly status: number;
  /** By name in lower case. */
  readonly header: (name: string) => string | undefined;
}

export type TransferEvent =
  | { readonly type: "response"; readonly head: ResponseHead }
  /** The body is over, by its end or by an error; `keptBytes` have arrived in all. */
  | { readonly type: "ended"; readonly keptBytes: number; readonly error?: string };

export type TransferEffect =
  | { readonly type: "request"; readonly url: string; readonly headers: Readonly<Record<string, string>> }
  /** Write the body behind `atByte`, whatever the file has from there on. */
  | { readonly type: "receive"; readonly atByte: number; readonly maxBytes: number }
  | { readonly type: "wait"; readonly ms: number }
  | { readonly type: "finish" }
  /** A sentence with a cure. `discard`: what arrived is worth nothing. */
  | { readonly type: "fail"; readonly reason: string; readonly discard: boolean };

export type Step = readonly [Transfer, TransferEffect];

/** More than any release has, so that a server that never ends does not fill the disk. */
export const MAX_DOWNLOAD_BYTES = 256 * 1024 * 1024;
const MAX_REDIRECTS = 5;
const MAX_FAILURES = 5;
const FIRST_WAIT_MS = 1000;

/** The first request, with what an earlier run left. */
export function startTransfer(
  url: string,
  kept?: { readonly bytes: number; readonly validator: string },
  maxBytes = MAX_DOWNLOAD_BYTES,
): Step {
  const validator = kept === undefined || kept.bytes === 0 ? undefined : kept.validator;
  const transfer: Transfer = {
    url,
    maxBytes,
    keptBytes: validator === undefined ? 0 : (kept?.bytes ?? 0),
    redirects: 0,
    failures: 0,
    ...(validator === undefined ? {} : { validator }),
  };
  return [transfer, request(transfer)];
}

/** Advances a download by one event. Pure. */
export function stepTransfer(transfer: Transfer, event: TransferEvent): Step {
  return event.type === "response" ? onResponse(transfer, event.head) : onEnd(transfer, event);
}

function onResponse(transfer: Transfer, head: ResponseHead): Step {
  const { status } = head;
  if (status === 206) return onPart(transfer, head);
  if (status === 200) return onWhole(transfer, head);
  if (status >= 300 && status < 400 && status !== 304) return onRedirect(transfer, head);
  if (status === 416 && transfer.keptBytes > 0) return onPastEnd(transfer, head);
  if (status === 429 || status >= 500) return again(transfer, `the server answered ${status}`);
  return fail(transfer, `the server answered ${status}; check the version, or name another address`);
}

function onWhole(transfer: Transfer, head: ResponseHead): Step {
  const page = pageType(head);
  if (page !== undefined)
    return fail(transfer, `the server answered a web page (${page}), no file; check the address`);
  const length = head.header("content-length");
  const totalBytes = length === undefined || !/^\d+$/.test(length) ? undefined : Number(length);
  if (totalBytes !== undefined && totalBytes > transfer.maxBytes)
    return fail(transfer, tooLarge(totalBytes, transfer));
  const validator = strongValidator(head);
  const next: Transfer = {
    url: transfer.url,
    maxBytes: transfer.maxBytes,
    keptBytes: 0,
    redirects: 0,
    failures: transfer.failures,
    ...(totalBytes === undefined ? {} : { totalBytes }),
    ...(validator === undefined ? {} : { validator }),
  };
  return [next, { type: "receive", atByte: 0, maxBytes: totalBytes ?? transfer.maxBytes }];
}

function onPart(transfer: Transfer, head: ResponseHead): Step {
  const range = /^bytes (\d+)-(\d+)\/(\d+|\*)$/.exec(head.header("content-range") ?? "");
  const total = Number(range?.[3]);
  const isMeant = range !== null && Number(range[1]) === transfer.keptBytes && total > transfer.keptBytes;
  if (!isMeant || transfer.validator === undefined) {
    // It claims a part that was not asked for: nothing of it can be believed.
    return again(forget(transfer), "the server answered another part of the file than was asked for");
  }
  if (total > transfer.maxBytes) return fail(transfer, tooLarge(total, transfer));
  const next = { ...transfer, totalBytes: total, redirects: 0 };
  return [next, { type: "receive", atByte: transfer.keptBytes, maxBytes: total - transfer.keptBytes }];
}

/** The server has nothing behind what is kept: it is the whole file, or the file has become shorter. */
function onPastEnd(transfer: Transfer, head: ResponseHead): Step {
  const total = /^bytes \*\/(\d+)$/.exec(head.header("content-range") ?? "")?.[1];
  if (total !== undefined && Number(total) === transfer.keptBytes) return [transfer, { type: "finish" }];
  return again(forget(transfer), "the file has become shorter");
}

function onRedirect(transfer: Transfer, head: ResponseHead): Step {
  const location = head.header("location");
  if (location === undefined) return fail(transfer, `the server answered ${head.status} and not where to go`);
  if (transfer.redirects === MAX_REDIRECTS) return fail(transfer, "the server sends us in a circle");
  const target = URL.canParse(location, transfer.url) ? new URL(location, transfer.url) : undefined;
  const isSafe =
    target?.protocol === "https:" || (target?.protocol === "http:" && transfer.url.startsWith("http:"));
  if (target === undefined || !isSafe)
    return fail(transfer, `the server sends us to '${location}', which is not followed`);
  const next = { ...transfer, redirects: transfer.redirects + 1 };
  return [next, { ...request(next), url: target.href }];
}

function onEnd(
  transfer: Transfer,
  { keptBytes, error }: { readonly keptBytes: number; readonly error?: string },
): Step {
  const { totalBytes } = transfer;
  const next = { ...transfer, keptBytes, failures: keptBytes > transfer.keptBytes ? 0 : transfer.failures };
  if (keptBytes > (totalBytes ?? transfer.maxBytes)) {
    return fail(next, "the server sends more than it said; nothing of it is used", true);
  }
  if (totalBytes !== undefined && keptBytes === totalBytes) return [next, { type: "finish" }];
  if (totalBytes === undefined && error === undefined) return [next, { type: "finish" }];
  return again(next, error ?? `the connection ended at ${keptBytes} of ${totalBytes} bytes`);
}

/** Tries once more after a while; without a validator from the beginning. */
function again(transfer: Transfer, reason: string): Step {
  const failures = transfer.failures + 1;
  if (failures > MAX_FAILURES) return fail(transfer, `${reason}, ${failures} times; try again later`);
  const next = {
    ...(transfer.validator === undefined ? forget(transfer) : transfer),
    failures,
    redirects: 0,
  };
  return [next, { type: "wait", ms: FIRST_WAIT_MS * 2 ** (failures - 1) }];
}

/** The request that follows a wait. */
export function request(transfer: Transfer): Extract<TransferEffect, { type: "request" }> {
  const { url, keptBytes, validator } = transfer;
  const range: Record<string, string> =
    keptBytes > 0 && validator !== undefined ? { range: `bytes=${keptBytes}-`, "if-range": validator } : {};
  // A compressed answer would have another length, and could not be gone on with.
  return { type: "request", url, headers: { "accept-encoding": "identity", ...range } };
}

function forget({ url, maxBytes, failures, redirects }: Transfer): Transfer {
  return { url, maxBytes, keptBytes: 0, failures, redirects };
}

function fail(transfer: Transfer, reason: string, discard = false): Step {
  return [transfer, { type: "fail", reason, discard }];
}

/** A weak validator may stand for other bytes, and a date for two files of one second. */
function strongValidator({ header }: ResponseHead): string | undefined {
  const etag = header("etag");
  return etag !== undefined && /^"[^"]*"$/.test(etag) ? etag : undefined;
}

/** The type of an answer that is meant for people, as of a portal that wants a login. */
function pageType({ header }: ResponseHead): string | undefined {
  const type = (header("content-type") ?? "").split(";")[0]?.trim().toLowerCase();
  return type === "text/html" || type === "application/xhtml+xml" ? type : undefined;
}

function tooLarge(bytes: number, { maxBytes }: Transfer): string {
  const most = maxBytes === MAX_DOWNLOAD_BYTES ? "any release has" : "there is room for";
  return `the server announces ${bytes} bytes, more than ${most} (${maxBytes}); check the address`;
}
