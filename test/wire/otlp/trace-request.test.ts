/** The body of `POST /v1/traces`, held against what the protocol says of its JSON. */

import fc from "fast-check";
import { expect, test } from "vitest";
import type { Span } from "../../../src/wire/otlp/span.ts";
import { encodeTraceRequest } from "../../../src/wire/otlp/trace-request.ts";
import { readTraceRequest } from "../../support/otlp-receiver.ts";

const SENDER = {
  resource: { "service.name": "mayfly" },
  scope: { name: "mayfly", version: "0.1.0" },
};
const ROOT: Span = {
  traceId: "5b8efff798038103d269b633813fc60c",
  spanId: "eee19b7ec3c1b174",
  name: "boot",
  startMs: 1_700_000_000_123,
  endMs: 1_700_000_042_000,
  attributes: { "mayfly.host": "beta", "mayfly.scripts": 1, share: 0.5, well: true, units: ["a", "b"] },
  events: [{ name: "diagnosis", atMs: 1_700_000_042_000, attributes: { "mayfly.code": "boot-loop" } }],
  status: { type: "error", message: "it boots again and again" },
};

test("ids are hex digits, enums their numbers, and 64-bit numbers are texts", () => {
  const child: Span = {
    ...{ traceId: ROOT.traceId, spanId: "0000000000000001", parentSpanId: ROOT.spanId, name: "kernel" },
    ...{ startMs: 1, endMs: 2, attributes: {}, events: [], status: { type: "ok" } },
  };
  expect(JSON.parse(encodeTraceRequest(SENDER, [ROOT, child]))).toEqual({
    resourceSpans: [
      {
        resource: { attributes: [{ key: "service.name", value: { stringValue: "mayfly" } }] },
        scopeSpans: [
          {
            scope: { name: "mayfly", version: "0.1.0" },
            spans: [
              {
                traceId: "5b8efff798038103d269b633813fc60c",
                spanId: "eee19b7ec3c1b174",
                flags: 257,
                name: "boot",
                kind: 1,
                startTimeUnixNano: "1700000000123000000",
                endTimeUnixNano: "1700000042000000000",
                attributes: [
                  { key: "mayfly.host", value: { stringValue: "beta" } },
                  { key: "mayfly.scripts", value: { intValue: "1" } },
                  { key: "share", value: { doubleValue: 0.5 } },
                  { key: "well", value: { boolValue: true } },
                  {
                    key: "units",
                    value: { arrayValue: { values: [{ stringValue: "a" }, { stringValue: "b" }] } },
                  },
                ],
                events: [
                  {
                    timeUnixNano: "1700000042000000000",
                    name: "diagnosis",
                    attributes: [{ key: "mayfly.code", value: { stringValue: "boot-loop" } }],
                  },
                ],
                status: { code: 2, message: "it boots again and again" },
              },
              {
                traceId: "5b8efff798038103d269b633813fc60c",
                spanId: "0000000000000001",
                parentSpanId: "eee19b7ec3c1b174",
                flags: 257,
                name: "kernel",
                kind: 1,
                startTimeUnixNano: "1000000",
                endTimeUnixNano: "2000000",
                attributes: [],
                events: [],
                status: { code: 1 },
              },
            ],
          },
        ],
      },
    ],
  });
});

test("whatever a span holds, a receiver reads the same from it", () => {
  const hex = (digits: number) =>
    fc
      .array(fc.constantFrom(..."0123456789abcdef"), { minLength: digits, maxLength: digits })
      .map((all) => all.join(""))
      .filter((text) => /[1-9a-f]/.test(text));
  const value = fc.oneof(
    fc.string(),
    fc.boolean(),
    fc.maxSafeInteger(),
    fc.double({ noNaN: true, noDefaultInfinity: true }).filter((number) => !Object.is(number, -0)),
    fc.array(fc.string(), { maxLength: 3 }),
  );
  const attributes = fc.dictionary(fc.string({ minLength: 1 }), value, { maxKeys: 4, noNullPrototype: true });
  const ms = fc.integer({ min: 0, max: 18_446_744_073_709 });
  const event = fc.record({ name: fc.string(), atMs: ms, attributes });
  const status = fc.oneof(
    fc.constant({ type: "ok" } as const),
    fc.string().map((message) => ({ type: "error", message }) as const),
  );
  const span = fc.record(
    {
      ...{ traceId: hex(32), spanId: hex(16), parentSpanId: hex(16), name: fc.string({ minLength: 1 }) },
      ...{ startMs: ms, endMs: ms, attributes, events: fc.array(event, { maxLength: 2 }), status },
    },
    { requiredKeys: ["traceId", "spanId", "name", "startMs", "endMs", "attributes", "events"] },
  );
  fc.assert(
    fc.property(fc.array(span, { minLength: 1, maxLength: 3 }), (spans) => {
      expect(readTraceRequest(encodeTraceRequest(SENDER, spans)).spans).toEqual(spans);
    }),
  );
});
