/** The noun `span` of OpenTelemetry, as far as it is used here: one thing that took time, as a value. */

/** What is said of a span, a resource or an event beside its name. */
export type Attributes = Readonly<Record<string, AttributeValue>>;

/** A number is whole where it is a count or a size; others are written as floating point numbers. */
export type AttributeValue = string | number | boolean | readonly string[];

/** Something that happened within a span. */
export interface SpanEvent {
  readonly name: string;
  /** Milliseconds since the epoch. */
  readonly atMs: number;
  readonly attributes: Attributes;
}

/** How it went; absent where nobody can say. */
export type SpanStatus = { readonly type: "ok" } | { readonly type: "error"; readonly message: string };

export interface Span {
  /** 32 hex digits in lower case, not all of them 0. */
  readonly traceId: string;
  /** 16 hex digits in lower case, not all of them 0. */
  readonly spanId: string;
  /** Absent: it is the root of its trace. */
  readonly parentSpanId?: string;
  readonly name: string;
  /** Milliseconds since the epoch, until the year 2554: a receiver has 64 bits for nanoseconds. */
  readonly startMs: number;
  /** Milliseconds since the epoch, not before `startMs`. */
  readonly endMs: number;
  readonly attributes: Attributes;
  readonly events: readonly SpanEvent[];
  readonly status?: SpanStatus;
}

/** Who sends spans. */
export interface Sender {
  /** Of the program: `service.name` at least. */
  readonly resource: Attributes;
  readonly scope: { readonly name: string; readonly version: string };
}
