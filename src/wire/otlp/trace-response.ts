/** Reads what a receiver of spans answered with: how many it did not take, and why. */

/** What was said beside the status of the answer. */
export interface TraceResponse {
  /** Spans of the request that were not taken. */
  readonly rejectedSpans: number;
  /** In the receiver's own words. */
  readonly message: string;
}

/**
 * Reads an `ExportTraceServiceResponse`, or the `Status` of an error, as JSON.
 *
 * Receivers answer with what they like, a page of a proxy for instance: whatever is none says nothing.
 */
export function decodeTraceResponse(text: string): TraceResponse {
  const said = parse(text);
  const partial = field(said, "partialSuccess");
  // 64-bit numbers are texts in Protobuf's JSON, and numbers are to be read as well.
  const rejected = Number(field(partial, "rejectedSpans") ?? 0);
  const message = field(partial, "errorMessage") ?? field(said, "message");
  return {
    rejectedSpans: Number.isSafeInteger(rejected) && rejected > 0 ? rejected : 0,
    message: typeof message === "string" ? message : "",
  };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function field(value: unknown, key: string): unknown {
  return typeof value === "object" && value !== null ? Reflect.get(value, key) : undefined;
}
