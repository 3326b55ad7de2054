/** Spans on their way to a receiver that takes them, is away, is slow, or refuses. */

import { afterEach, beforeEach, expect, test } from "vitest";
import {
  createSpanSender,
  type SpanSender,
  type SpanSenderOptions,
} from "../../../src/io/traces/span-sender.ts";
import { createTroubles } from "../../../src/io/troubles.ts";
import { createWorld } from "../../../src/io/world.ts";
import type { Span } from "../../../src/wire/otlp/span.ts";
import { type EventLog, logEvents } from "../../support/event-log.ts";
import { type OtlpReceiver, startOtlpReceiver } from "../../support/otlp-receiver.ts";

let receiver: OtlpReceiver;
let log: EventLog;
let senders: SpanSender[];

beforeEach(async () => {
  receiver = await startOtlpReceiver();
  senders = [];
});
afterEach(async () => {
  for (const sender of senders) await sender.close();
  await receiver.close();
  expect(receiver.faults).toEqual([]);
});

function makeSender(more: Partial<SpanSenderOptions> = {}): SpanSender {
  const world = createWorld();
  log = logEvents(world);
  const sender = createSpanSender({
    url: `${receiver.endpoint}/v1/traces`,
    headers: { authorization: "Bearer abc" },
    sender: { resource: { "service.name": "mayfly" }, scope: { name: "mayfly", version: "1" } },
    troubles: createTroubles(world),
    gatherMs: 0,
    random: () => 0,
    ...more,
  });
  senders.push(sender);
  return sender;
}

function trace(number: number): readonly Span[] {
  const hex = number.toString(16);
  const ids = { traceId: hex.padStart(32, "a"), spanId: hex.padStart(16, "b") };
  return [{ ...ids, name: "boot", startMs: number, endMs: number, attributes: {}, events: [] }];
}
const takenNumbers = () => receiver.taken.flatMap(({ spans }) => spans.map(({ startMs }) => startMs));
const told = () => log.of("notice").map(({ text }) => text);

test("what comes together is sent together, with the headers and the sender's name", async () => {
  const sender = makeSender({ gatherMs: 20 });
  for (const number of [1, 2, 3]) sender.send(trace(number));
  await receiver.wait(1);
  expect(takenNumbers()).toEqual([1, 2, 3]);
  expect(receiver.taken[0]).toMatchObject({
    resource: { "service.name": "mayfly" },
    headers: { authorization: "Bearer abc" },
  });
  expect(told()).toEqual([]);
});

test("a crowd of boots is sent in several requests, each of a bounded size", async () => {
  const sender = makeSender();
  for (let number = 1; number <= 120; number++) sender.send(trace(number));
  await receiver.wait(3);
  expect(receiver.taken.map(({ spans }) => spans.length)).toEqual([50, 50, 20]);
});

test("a receiver that is busy is asked again, in its own time, and told of once", async () => {
  const busy = { status: 503, headers: { "retry-after": "0" } };
  receiver.answer(busy, busy, busy);
  const sender = makeSender();
  sender.send(trace(1));
  await receiver.wait(1);
  expect(receiver.asked).toBe(4);
  expect(takenNumbers()).toEqual([1]);
  expect(told()).toEqual([expect.stringMatching(/^traces cannot be sent to 127.0.0.1:\d+: it answers 503$/)]);
});

test("what a receiver refuses is not sent again, and what comes later is", async () => {
  receiver.answer({ status: 401, body: '{"message":"no key"}' });
  const sender = makeSender();
  sender.send(trace(1));
  await receiver.waitAsked(1);
  sender.send(trace(2));
  await receiver.wait(1);
  expect(takenNumbers()).toEqual([2]);
  expect(log.of("notice")).toMatchObject([
    {
      level: "warn",
      text: expect.stringContaining("it answers 401: no key"),
      cure: expect.stringContaining("headers"),
    },
  ]);
});

test("a receiver that takes a part of it says so", async () => {
  const body = JSON.stringify({ partialSuccess: { rejectedSpans: "1", errorMessage: "too old" } });
  receiver.answer({ status: 200, body });
  const sender = makeSender();
  const said = log.wait("notice");
  sender.send(trace(1));
  expect(await said).toMatchObject({ text: expect.stringContaining("1 spans were not taken: too old") });
});

test("while nobody answers no more wait than there is room for, and the last ones are sent", async () => {
  await receiver.close();
  const sender = makeSender({ maxWaiting: 3 });
  const said = log.wait("notice");
  for (const number of [1, 2, 3, 4, 5]) sender.send(trace(number));
  expect(await said).toMatchObject({
    text: "the traces of some boots are lost: no more than 3 boots wait to be sent",
  });
  receiver = await startOtlpReceiver(Number(new URL(receiver.endpoint).port));
  await receiver.wait(1);
  expect(takenNumbers()).toEqual([3, 4, 5]);
});

test("a redirect is not followed: what proves who we are is for the receiver alone", async () => {
  receiver.answer({ status: 307, headers: { location: `${receiver.endpoint}/elsewhere` } });
  const sender = makeSender();
  const said = log.wait("notice");
  sender.send(trace(1));
  expect(await said).toMatchObject({ text: expect.stringContaining("it answers 307") });
  expect(receiver.asked).toBe(1);
});

test("when the server stops, what waits is sent first, without the wait for more", async () => {
  const sender = makeSender({ gatherMs: 60_000 });
  sender.send(trace(1));
  await sender.close();
  expect(takenNumbers()).toEqual([1]);
});

test("when the server stops, it does not wait for a receiver that is away", async () => {
  await receiver.close();
  const sender = makeSender({ gatherMs: 60_000 });
  sender.send(trace(1));
  await sender.close();
  expect(told()).toEqual([expect.stringContaining("traces cannot be sent to 127.0.0.1")]);
  receiver = await startOtlpReceiver();
});
