/**
 * Writes spans as the body of `POST /v1/traces`: OTLP's JSON.
 *
 * It is Protobuf's JSON but for ids, which are hex digits and not base64, and for enums, which are their
 * numbers and never their names; 64-bit numbers are texts.
 *
 * @see OpenTelemetry Protocol 1.x, "JSON Protobuf Encoding"
 */

import type { Attributes, AttributeValue, Sender, Span, SpanStatus } from "./span.ts";

/** `SPAN_KIND_INTERNAL`: neither side of a call. */
const KIND_INTERNAL = 1;
/** `STATUS_CODE_OK` and `STATUS_CODE_ERROR`; unset is left out. */
const STATUS_CODE: Readonly<Record<SpanStatus["type"], number>> = { ok: 1, error: 2 };
/** `SPAN_FLAGS_CONTEXT_HAS_IS_REMOTE_MASK` with the W3C flag `sampled`: the parent, if any, is our own. */
const FLAGS = 0x101;

/** Writes an `ExportTraceServiceRequest`. */
export function encodeTraceRequest({ resource, scope }: Sender, spans: readonly Span[]): string {
  const written = spans.map(writeSpan);
  return JSON.stringify({
    resourceSpans: [
      { resource: { attributes: writeAttributes(resource) }, scopeSpans: [{ scope, spans: written }] },
    ],
  });
}

function writeSpan({ traceId, spanId, parentSpanId, name, startMs, endMs, ...rest }: Span): object {
  const { attributes, events, status } = rest;
  return {
    traceId,
    spanId,
    ...(parentSpanId === undefined ? {} : { parentSpanId }),
    flags: FLAGS,
    name,
    kind: KIND_INTERNAL,
    startTimeUnixNano: nanos(startMs),
    endTimeUnixNano: nanos(endMs),
    attributes: writeAttributes(attributes),
    events: events.map((event) => ({
      timeUnixNano: nanos(event.atMs),
      name: event.name,
      attributes: writeAttributes(event.attributes),
    })),
    ...(status === undefined ? {} : { status: writeStatus(status) }),
  };
}

function writeStatus(status: SpanStatus): object {
  const message = status.type === "error" ? { message: status.message } : {};
  return { ...message, code: STATUS_CODE[status.type] };
}

function writeAttributes(attributes: Attributes): object[] {
  return Object.entries(attributes).map(([key, value]) => ({ key, value: writeValue(value) }));
}

function writeValue(value: AttributeValue): object {
  switch (typeof value) {
    case "string":
      return { stringValue: value };
    case "boolean":
      return { boolValue: value };
    case "number":
      return Number.isSafeInteger(value) ? { intValue: String(value) } : { doubleValue: value };
    default:
      return { arrayValue: { values: value.map((text) => ({ stringValue: text })) } };
  }
}

/** A double cannot hold nanoseconds since the epoch, so they are counted as an integer. */
function nanos(ms: number): string {
  return String(BigInt(Math.round(ms)) * 1_000_000n);
}
