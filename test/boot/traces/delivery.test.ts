/** What becomes of spans, by what their receiver answers. */

import { expect, test } from "vitest";
import { judgeReply, waitMs } from "../../../src/boot/traces/delivery.ts";

const answer = (status: number, body = "", retryAfter?: string) =>
  judgeReply({ type: "answer", status, body, ...(retryAfter === undefined ? {} : { retryAfter }) });

test("a receiver that takes them says nothing, or what it likes", () => {
  for (const body of [
    "",
    "{}",
    '{"partialSuccess":{}}',
    "<html>",
    '{"partialSuccess":{"rejectedSpans":"0"}}',
  ])
    expect(answer(200, body)).toEqual({ type: "taken" });
});

test("spans that it does not take are lost, with its reason", () => {
  const body = JSON.stringify({ partialSuccess: { rejectedSpans: "3", errorMessage: "too old" } });
  expect(answer(200, body)).toEqual({ type: "lost", reason: "3 spans were not taken: too old" });
  expect(answer(400, '{"message":"bad id"}')).toEqual({ type: "lost", reason: "it answers 400: bad id" });
});

test.each([
  [401, "authorization"],
  [404, "4318"],
  [415, "JSON"],
])("a receiver that answers %i is the operator's to mend", (status, cure) => {
  const delivery = answer(status);
  expect(delivery).toMatchObject({ type: "lost", reason: `it answers ${status}` });
  expect("cure" in delivery && delivery.cure).toContain(cure);
});

test.each([429, 502, 503, 504])("after %i they are sent again, when the receiver wishes", (status) => {
  expect(answer(status)).toEqual({ type: "again", reason: `it answers ${status}` });
  expect(answer(status, "", "7")).toMatchObject({ type: "again", afterMs: 7000 });
  expect(answer(status, "", "999999")).toMatchObject({ afterMs: 300_000 });
  expect(answer(status, "", "Fri, 31 Dec 1999 23:59:59 GMT")).not.toHaveProperty("afterMs");
});

test.each([500, 301, 400])("after %i they are not sent again", (status) => {
  expect(answer(status).type).toBe("lost");
});

test("where nobody answers they are sent again", () => {
  expect(judgeReply({ type: "none", reason: "ECONNREFUSED" })).toEqual({
    type: "again",
    reason: "ECONNREFUSED",
  });
});

test("a receiver's words are cut where they are long", () => {
  const { reason } = answer(400, JSON.stringify({ message: "x".repeat(1000) })) as { reason: string };
  expect(reason.length).toBeLessThan(250);
});

test("each wait is twice as long as the one before, up to a minute, and never twice the same", () => {
  expect([1, 2, 3, 7, 30].map((tries) => waitMs(tries, 1))).toEqual([1000, 2000, 4000, 60_000, 60_000]);
  expect([1, 2, 3, 7, 30].map((tries) => waitMs(tries, 0))).toEqual([500, 1000, 2000, 30_000, 30_000]);
});
