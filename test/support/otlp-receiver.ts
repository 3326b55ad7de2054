/**
 * A receiver of traces: HTTP on the loopback that reads OTLP's JSON as strictly as its description has it.
 *
 * Every field is known by its name in the published messages `ExportTraceServiceRequest`, `ResourceSpans`,
 * `ScopeSpans`, `Span`, `Status`, `KeyValue` and `AnyValue`; one that is not is a fault.
 */

import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from "node:http";
import * as z from "zod";
import type { Attributes, AttributeValue, Span } from "../../src/wire/otlp/span.ts";

const uint64 = z.string().regex(/^(0|[1-9]\d{0,19})$/);
const int64 = z.string().regex(/^(0|-?[1-9]\d{0,18})$/);
const isNotZero = (text: string) => /[1-9a-f]/.test(text);
const traceId = z
  .string()
  .regex(/^[0-9a-f]{32}$/)
  .refine(isNotZero);
const spanId = z
  .string()
  .regex(/^[0-9a-f]{16}$/)
  .refine(isNotZero);
const uint32 = z.int().min(0).max(0xffff_ffff);

const plainValue = z.union([
  z.strictObject({ stringValue: z.string() }),
  z.strictObject({ boolValue: z.boolean() }),
  z.strictObject({ intValue: int64 }),
  z.strictObject({ doubleValue: z.number() }),
]);
const anyValue = z.union([
  plainValue,
  z.strictObject({ arrayValue: z.strictObject({ values: z.array(plainValue) }) }),
]);
const attributes = z
  .array(z.strictObject({ key: z.string().min(1), value: anyValue }))
  .refine((all) => new Set(all.map(({ key }) => key)).size === all.length, { error: "a key stands twice" });

const span = z.strictObject({
  ...{ traceId, spanId, traceState: z.string().optional(), parentSpanId: spanId.optional() },
  flags: uint32.optional(),
  name: z.string().min(1),
  kind: z.int().min(0).max(5),
  ...{ startTimeUnixNano: uint64, endTimeUnixNano: uint64, attributes },
  droppedAttributesCount: uint32.optional(),
  events: z.array(z.strictObject({ timeUnixNano: uint64, name: z.string(), attributes })),
  status: z.strictObject({ message: z.string().optional(), code: z.int().min(0).max(2) }).optional(),
});

const request = z.strictObject({
  resourceSpans: z.array(
    z.strictObject({
      resource: z.strictObject({ attributes }),
      scopeSpans: z.array(
        z.strictObject({
          scope: z.strictObject({ name: z.string(), version: z.string() }),
          spans: z.array(span).min(1),
        }),
      ),
    }),
  ),
});

export interface ReceivedTraces {
  readonly resource: Attributes;
  readonly spans: readonly Span[];
}

/** @throws for anything that the description does not have */
export function readTraceRequest(text: string): ReceivedTraces {
  const { resourceSpans } = request.parse(JSON.parse(text));
  const spans = resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap((each) => each.spans));
  return {
    resource: Object.assign({}, ...resourceSpans.map(({ resource }) => readAttributes(resource.attributes))),
    spans: spans.map(readSpan),
  };
}

function readSpan({ parentSpanId, startTimeUnixNano, endTimeUnixNano, ...each }: z.infer<typeof span>): Span {
  const { traceId: trace, spanId: id, name, events, status } = each;
  return {
    ...{ traceId: trace, spanId: id, name },
    ...(parentSpanId === undefined ? {} : { parentSpanId }),
    startMs: msOf(startTimeUnixNano),
    endMs: msOf(endTimeUnixNano),
    attributes: readAttributes(each.attributes),
    events: events.map((event) => ({
      name: event.name,
      atMs: msOf(event.timeUnixNano),
      attributes: readAttributes(event.attributes),
    })),
    ...(status === undefined || status.code === 0
      ? {}
      : { status: status.code === 1 ? { type: "ok" } : { type: "error", message: status.message ?? "" } }),
  };
}

function msOf(nanos: string): number {
  return Number(BigInt(nanos) / 1_000_000n);
}

function readAttributes(all: z.infer<typeof attributes>): Attributes {
  return Object.fromEntries(all.map(({ key, value }) => [key, readValue(value)]));
}

function readValue(value: z.infer<typeof anyValue>): AttributeValue {
  if ("arrayValue" in value) return value.arrayValue.values.map((each) => String(readValue(each)));
  if ("intValue" in value) return Number(value.intValue);
  return Object.values(value)[0] ?? "";
}

/** What the next request is answered with. */
export interface Answer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

export interface OtlpReceiver {
  /** As an endpoint is written: without `/v1/traces`. */
  readonly endpoint: string;
  /** Every request that was taken, in order. */
  readonly taken: readonly (ReceivedTraces & { readonly headers: IncomingHttpHeaders })[];
  /** Every body that broke the description. */
  readonly faults: readonly unknown[];
  /** Requests so far, taken or not. */
  readonly asked: number;
  /** Answers the next requests, one each, before it takes any again. */
  answer(...answers: readonly Answer[]): void;
  /** Resolves when so many requests were taken. */
  wait(many: number): Promise<void>;
  /** Resolves when so many requests have come. */
  waitAsked(many: number): Promise<void>;
  close(): Promise<void>;
}

/** @param port - 0 takes any free one */
export async function startOtlpReceiver(port = 0): Promise<OtlpReceiver> {
  const taken: (ReceivedTraces & { headers: IncomingHttpHeaders })[] = [];
  const faults: unknown[] = [];
  const answers: Answer[] = [];
  const waiters: { readonly isOver: () => boolean; readonly resolve: () => void }[] = [];
  let asked = 0;

  async function take(message: IncomingMessage, response: ServerResponse): Promise<void> {
    let body = "";
    for await (const chunk of message) body += chunk;
    asked++;
    const answer = answers.shift() ?? read(message, body);
    response.writeHead(answer.status, { "content-type": "application/json", ...answer.headers });
    response.end(answer.body ?? "{}");
    for (const waiter of waiters) if (waiter.isOver()) waiter.resolve();
  }
  function read({ method, url, headers }: IncomingMessage, body: string): Answer {
    if (method !== "POST" || url !== "/v1/traces") return { status: 404 };
    if (headers["content-type"] !== "application/json") return { status: 415 };
    try {
      taken.push({ ...readTraceRequest(body), headers });
      return { status: 200 };
    } catch (error) {
      faults.push(error);
      return { status: 400 };
    }
  }
  function until(isOver: () => boolean): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    if (isOver()) resolve();
    else waiters.push({ isOver, resolve });
    return promise;
  }

  const server = createServer((message, response) => void take(message, response));
  await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
  const bound = server.address();
  if (bound === null || typeof bound === "string") throw new Error("the receiver has no port");
  return {
    endpoint: `http://127.0.0.1:${bound.port}`,
    taken,
    faults,
    get asked() {
      return asked;
    },
    answer: (...more) => void answers.push(...more),
    wait: (many) => until(() => taken.length >= many),
    waitAsked: (many) => until(() => asked >= many),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
