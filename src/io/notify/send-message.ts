/** Sends one message to one target, and says what came back; no rule of when is here. */

import { createHmac } from "node:crypto";
import { readFile } from "node:fs/promises";
import type { Message } from "../../boot/notify/message.ts";
import { type MessageRequest, type RequestMeans, requestOf } from "../../boot/notify/request.ts";
import type { Answer } from "../../boot/notify/retry.ts";
import { isWebAddress, type Target } from "../../boot/notify/target.ts";

export interface SendOptions {
  /** Milliseconds since the epoch. */
  readonly nowMs: number;
  readonly timeoutMs?: number;
  /** Stops it early. */
  readonly signal?: AbortSignal;
}

const TIMEOUT_MS = 10_000;
/** As much of an answer as is read. */
const MAX_ANSWER_BYTES = 2048;
const MAX_SAID = 200;

/** Never throws: whatever goes wrong is an answer. No redirection is followed. */
export async function sendMessage(target: Target, message: Message, options: SendOptions): Promise<Answer> {
  let means: RequestMeans | undefined;
  let request: MessageRequest;
  try {
    means = await readMeans(target);
    request = requestOf(target, message, means);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return { type: "error", reason: means === undefined ? reason : withoutSecret(reason, means) };
  }
  const { nowMs, timeoutMs = TIMEOUT_MS, signal } = options;
  const bound = AbortSignal.timeout(timeoutMs);
  try {
    const response = await fetch(request.url, {
      method: request.method,
      headers: { ...request.headers, ...signed(target, means, request.body, nowMs), "User-Agent": "Mayfly" },
      body: request.body,
      redirect: "manual",
      signal: signal === undefined ? bound : AbortSignal.any([bound, signal]),
    });
    const after = retryAfterMs(response.headers.get("retry-after"), nowMs);
    const text = withoutSecret(await beginningOf(response), means).slice(0, MAX_SAID);
    return { type: "status", status: response.status, text, ...(after > 0 ? { retryAfterMs: after } : {}) };
  } catch (error) {
    return { type: "error", reason: withoutSecret(whyNot(error, request.url, timeoutMs), means) };
  }
}

/**
 * Read each time, so that what is changed counts at once and nothing lies in memory.
 *
 * @throws Error in words of ours: those of `fetch` repeat what is wrong, and it is a secret
 */
async function readMeans({ name, format, url, urlFile, secretFile }: Target): Promise<RequestMeans> {
  const place = url ?? (await readLine(name, urlFile ?? ""));
  if (!isWebAddress(place))
    throw new Error(`${urlFile ?? name} holds no address with http or https, without a user's name`);
  const secret = secretFile === undefined ? undefined : await readLine(name, secretFile);
  if (secret !== undefined && format !== "json" && !/^[!-~]+$/.test(secret))
    throw new Error(
      `${secretFile} holds no access token: that is letters, digits and signs of ASCII, without a space`,
    );
  return {
    url: place,
    ...(secret === undefined ? {} : { secret }),
    isoTime: (ms) => new Date(ms).toISOString(),
  };
}

async function readLine(name: string, file: string): Promise<string> {
  const text = await readFile(file, "utf8").catch((error: Error) => {
    throw new Error(`a file of '${name}' cannot be read: ${error.message}`, { cause: error });
  });
  const line = text.trim();
  if (line === "") throw new Error(`${file} is empty`);
  if (/[\r\n]/.test(line)) throw new Error(`${file} holds more than one line`);
  return line;
}

/** For those that are to know that it is ours, and when it was sent. */
function signed(
  { format }: Target,
  { secret }: RequestMeans,
  body: string,
  nowMs: number,
): Readonly<Record<string, string>> {
  if (format !== "json" || secret === undefined) return {};
  const seconds = Math.floor(nowMs / 1000);
  return { "X-Mayfly-Signature": `t=${seconds},v1=${signatureOf(secret, seconds, body)}` };
}

/** HMAC-SHA256 over the time in seconds, a full stop and the body, in hexadecimal. */
function signatureOf(secret: string, seconds: number, body: string): string {
  return createHmac("sha256", secret).update(`${seconds}.${body}`).digest("hex");
}

/** Seconds, or a date; 0 where it says nothing. @see RFC 9110 §10.2.3 */
function retryAfterMs(text: string | null, nowMs: number): number {
  if (text === null) return 0;
  const ms = /^\s*\d+\s*$/.test(text) ? Number(text) * 1000 : Date.parse(text) - nowMs;
  return Number.isNaN(ms) ? 0 : Math.max(0, ms);
}

async function beginningOf({ body }: Response): Promise<string> {
  if (body === null) return "";
  const chunks: Uint8Array[] = [];
  let length = 0;
  // Leaving the loop early cancels the rest.
  for await (const chunk of body) {
    chunks.push(chunk);
    length += chunk.length;
    if (length >= MAX_ANSWER_BYTES) break;
  }
  return Buffer.concat(chunks).subarray(0, MAX_ANSWER_BYTES).toString("utf8");
}

/** A word of an address that may be a secret by itself: shorter ones are words of every answer. */
const LEAST_SECRET = 8;

/** Some services say again what they were asked with, or a part of it such as the topic. */
function withoutSecret(text: string, { url, secret }: RequestMeans): string {
  const { pathname, search } = new URL(url);
  const path = `${pathname}${search}`;
  const words = path.split(/[/?&=]/).filter(({ length }) => length >= LEAST_SECRET);
  const hidden = [secret ?? "", url, path, ...words].filter((part) => part !== "" && part !== "/");
  // The longest first: a shorter one may be a piece of it.
  const inOrder = hidden.sort((a, b) => b.length - a.length);
  return inOrder.reduce((rest, part) => rest.replaceAll(part, "…"), text);
}

/** Without the path of the address, which may be a secret. */
function whyNot(error: unknown, url: string, timeoutMs: number): string {
  const { host } = new URL(url);
  if (!(error instanceof Error)) return `${host}: ${error}`;
  if (error.name === "TimeoutError") return `${host}: no answer within ${timeoutMs / 1000} s`;
  const { cause } = error;
  const why = cause instanceof Error ? ("code" in cause ? String(cause.code) : cause.message) : error.message;
  return `${host}: ${why}`;
}
