/**
 * Sends spans to a receiver by OTLP over HTTP: a while after they came, together, and again where it was in
 * vain; no more wait than there is room for.
 */

import { setTimeout as delay } from "node:timers/promises";
import { type Delivery, judgeReply, type Reply, waitMs } from "../../boot/traces/delivery.ts";
import type { Sender, Span } from "../../wire/otlp/span.ts";
import { encodeTraceRequest } from "../../wire/otlp/trace-request.ts";
import type { Troubles } from "../troubles.ts";

export interface SpanSender {
  /** Sends the spans of one trace, soon. */
  send(trace: readonly Span[]): void;
  /** Tries once more to send what waits, and lets go of what is left. */
  close(): Promise<void>;
}

export interface SpanSenderOptions {
  /** Where `POST` goes: the whole address, path and all. */
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly sender: Sender;
  readonly troubles: Troubles;
  /** At least 0, below 1. */
  readonly random?: () => number;
  /** For how long spans are gathered, in milliseconds. */
  readonly gatherMs?: number;
  /** How long an answer may take, in milliseconds. */
  readonly timeoutMs?: number;
  /** How many traces may wait. */
  readonly maxWaiting?: number;
}

const GATHER_MS = 5000;
const TIMEOUT_MS = 10_000;
/** When the server stops, nobody waits longer for this. */
const LAST_TIMEOUT_MS = 2000;
/** Traces in one request: with a dozen spans each that is half a megabyte, and receivers take four. */
const BATCH = 50;
/** The boots of a large storm, while the receiver restarts. */
const MAX_WAITING = 1000;

export function createSpanSender(options: SpanSenderOptions): SpanSender {
  const { url, headers, sender, troubles, random = Math.random } = options;
  const { gatherMs = GATHER_MS, timeoutMs = TIMEOUT_MS, maxWaiting = MAX_WAITING } = options;
  const what = `traces cannot be sent to ${new URL(url).host}`;
  const waiting: (readonly Span[])[] = [];
  const closing = new AbortController();
  let working: Promise<void> | undefined;

  async function deliver(batch: readonly (readonly Span[])[], signal: AbortSignal): Promise<Delivery> {
    const body = encodeTraceRequest(sender, batch.flat());
    return judgeReply(await post({ url, headers, signal }, body));
  }
  const tell = (delivery: Delivery) =>
    troubles.set(what, delivery.type === "taken" ? undefined : troubleOf(delivery));

  /** Sends until nothing waits, or until the server stops. */
  async function work(): Promise<void> {
    const { signal } = closing;
    const pause = (ms: number) => delay(ms, undefined, { signal, ref: false }).catch(() => {});
    await pause(gatherMs);
    for (let tries = 1; waiting.length > 0 && !signal.aborted; ) {
      const batch = waiting.splice(0, BATCH);
      const delivery = await deliver(batch, AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]));
      if (!signal.aborted) tell(delivery);
      tries = delivery.type === "again" ? tries + 1 : 1;
      if (delivery.type !== "again") continue;
      waiting.unshift(...batch);
      await pause(delivery.afterMs ?? waitMs(tries - 1, random()));
    }
    if (waiting.length === 0) troubles.set(LOST, undefined);
  }

  return {
    send(trace) {
      waiting.push(trace);
      if (waiting.length > maxWaiting) {
        waiting.shift();
        troubles.set(LOST, `no more than ${maxWaiting} boots wait to be sent`);
      }
      working ??= work().finally(() => {
        working = undefined;
      });
    },
    async close() {
      closing.abort();
      await working;
      const signal = AbortSignal.timeout(LAST_TIMEOUT_MS);
      while (waiting.length > 0) {
        const delivery = await deliver(waiting.splice(0, BATCH), signal);
        tell(delivery);
        if (delivery.type === "again") return;
      }
    },
  };
}

const LOST = "the traces of some boots are lost";

function troubleOf({ reason, ...rest }: Exclude<Delivery, { type: "taken" }>): Error {
  return Object.assign(new Error(reason), "cure" in rest ? { cure: rest.cure } : {});
}

interface Post {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
}

async function post({ url, headers, signal }: Post, body: string): Promise<Reply> {
  try {
    const response = await fetch(url, {
      method: "POST",
      headers: { ...headers, "content-type": "application/json" },
      // A redirect would take what proves who we are to somebody else.
      redirect: "manual",
      ...{ body, signal },
    });
    const retryAfter = response.headers.get("retry-after") ?? undefined;
    const { status } = response;
    const answer = { type: "answer", status, body: await readStart(response) } as const;
    return { ...answer, ...(retryAfter === undefined ? {} : { retryAfter }) };
  } catch (error) {
    return { type: "none", reason: reasonOf(error) };
  }
}

const MAX_ANSWER = 64 * 1024;

/** Whoever answers may answer for ever. */
async function readStart(response: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of response.body ?? []) {
    chunks.push(chunk);
    bytes += chunk.length;
    if (bytes > MAX_ANSWER) break;
  }
  return Buffer.concat(chunks).toString("utf8");
}

/** `fetch` says no more than that it failed; why is in its cause. */
function reasonOf(error: unknown): string {
  if (error instanceof Error && error.name === "TimeoutError") return "it does not answer in time";
  const cause = error instanceof Error ? error.cause : undefined;
  const told = cause instanceof Error ? cause : error;
  if (!(told instanceof Error)) return String(told);
  const code = "code" in told ? String(told.code) : "";
  return told.message === "" ? code : told.message;
}
