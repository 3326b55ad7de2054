/** What the configuration may hold about traces: where those of boots are sent. */

import * as z from "zod";
import { text } from "./raw-parts.ts";
import { isHeaderName, isHeaderText, isHttpUrl } from "./values.ts";

const WANT = {
  traces: "where traces are sent, as in 'traces: { endpoint: \"http://collector:4318\" }'",
  endpoint: "the address of an OTLP receiver, over HTTP, such as http://collector.example:4318",
  headers: "headers by name, as in 'headers: { authorization: \"Bearer …\" }'",
  header: "the name of a header: letters, digits and '-'",
  value: "the text of a header, in ASCII and in one line",
  name: "a name such as mayfly",
} as const;

const headerName = z
  .string()
  .refine(isHeaderName, { error: WANT.header })
  .meta({ pattern: "^[A-Za-z0-9!#$%&'*+.^_`|~-]+$" });

const SHAPE = {
  endpoint: text(WANT.endpoint, isHttpUrl, "^https?://")
    .nullish()
    .describe(
      "The OTLP receiver, without the /v1/traces that is put behind it. Default: none, and no traces are made.",
    ),
  headers: z
    .record(headerName, text(WANT.value, isHeaderText), { error: WANT.headers })
    .nullish()
    .describe("Headers that are sent along, with which one proves who one is for instance. Default: none."),
  serviceName: text(WANT.name)
    .nullish()
    .describe("What the server is called in its traces. Default: mayfly."),
};

/** The keys of `traces:`. */
export const TRACE_KEYS: readonly string[] = Object.keys(SHAPE);

const traces = z.strictObject(SHAPE, { error: WANT.traces });

export type RawTraces = z.infer<typeof traces>;

/** The key at the top. */
export const TRACE_SHAPE = {
  traces: traces
    .nullish()
    .describe("Where a trace of each boot is sent, as OpenTelemetry has them. Default: nowhere."),
};
