/** When a boot's trace is sent: as soon as nothing more is to be expected of it, and not before. */

import { afterEach, beforeEach, expect, test } from "vitest";
import { type Diagnoses, startDiagnoses } from "../../../src/io/sessions/diagnoses.ts";
import { type Sessions, startSessions } from "../../../src/io/sessions/sessions.ts";
import { createMemoryStore, type Store } from "../../../src/io/store/store.ts";
import { type BootTraces, startBootTraces } from "../../../src/io/traces/boot-traces.ts";
import { createWorld, type World } from "../../../src/io/world.ts";
import type { Span } from "../../../src/wire/otlp/span.ts";
import { CHAIN, checkedIn, dhcp, OVMF_BOOT, type Timed, UEFI } from "../../support/boot-events.ts";
import { type EventLog, logEvents } from "../../support/event-log.ts";
import { BETA, GENERATION, snapshotOf } from "../../support/worlds.ts";

const MINUTE_MS = 60_000;

let nowMs: number;
let store: Store;
let world: World;
let log: EventLog;
let sent: (readonly Span[])[];
let sessions: Sessions;
let diagnoses: Diagnoses;
let traces: BootTraces;

async function start(): Promise<void> {
  const now = () => nowMs;
  world = createWorld(snapshotOf([BETA], GENERATION));
  log = logEvents(world);
  sessions = await startSessions({ world, store, keepMs: () => 86_400_000, now });
  diagnoses = startDiagnoses({ world, sessions, givesAddresses: false, now, lookEveryMs: 1_000_000 });
  const sender = { send: (trace: readonly Span[]) => void sent.push(trace) };
  const clean = (text: string) => text;
  traces = await startBootTraces({ world, sessions, diagnoses, sender, clean, now, lookEveryMs: 1_000_000 });
}
async function stop(): Promise<void> {
  await traces.close();
  await diagnoses.close();
  await sessions.close();
}

beforeEach(async () => {
  nowMs = 1_700_000_000_000;
  store = createMemoryStore();
  sent = [];
  await start();
});
afterEach(async () => {
  await stop();
  expect(log.of("bug")).toEqual([]);
});

function take(...timed: readonly Timed[]): void {
  for (const [afterMs, event] of timed) {
    nowMs += afterMs;
    world.record(event);
  }
}
/** What each trace that was sent says of its boot: its outcome, or that it is a check-in alone. */
async function outcomes(): Promise<readonly unknown[]> {
  await traces.look();
  return sent.map(([first]) => first?.attributes["mayfly.outcome"] ?? first?.name);
}

test("a boot of a host that never reports is told of when it has everything", async () => {
  take(...OVMF_BOOT);
  expect(await outcomes()).toEqual(["handed-over"]);
});

test("a report that nobody expected is told of as the missing part of that trace", async () => {
  take(...OVMF_BOOT);
  expect(await outcomes()).toEqual(["handed-over"]);
  take([30_000, checkedIn()]);
  expect(await outcomes()).toEqual(["handed-over", "check-in"]);
  expect(sent[1]?.[0]).toMatchObject({ parentSpanId: sent[0]?.[0]?.spanId, traceId: sent[0]?.[0]?.traceId });
});

const REPORTING: readonly Timed[] = [...OVMF_BOOT, [30_000, checkedIn()]];

test("a host that reports as a rule is waited for, and told of once", async () => {
  take(...REPORTING, [60 * MINUTE_MS, dhcp(UEFI, CHAIN)]);
  await outcomes();
  sent = [];
  take(...OVMF_BOOT);
  expect(await outcomes()).toEqual([]);
  take([30_000, checkedIn()]);
  expect(await outcomes()).toEqual(["checked-in"]);
  expect(sent[0]?.map(({ name }) => name)).toContain("check-in");
});

test("one that does not report this time is told of with its diagnosis, when its time is over", async () => {
  take(...REPORTING, [60 * MINUTE_MS, dhcp(UEFI, CHAIN)]);
  await outcomes();
  sent = [];
  take(...OVMF_BOOT);
  nowMs += 10 * MINUTE_MS;
  expect(await outcomes()).toEqual([]);
  nowMs += 2 * MINUTE_MS;
  expect(await outcomes()).toEqual(["handed-over"]);
  expect(sent[0]?.[0]).toMatchObject({
    status: { type: "error" },
    events: [{ attributes: { "mayfly.code": "no-check-in" } }],
  });
});

test("one that begins anew instead is told of at once", async () => {
  take(...REPORTING, [60 * MINUTE_MS, dhcp(UEFI, CHAIN)]);
  await outcomes();
  sent = [];
  take(...OVMF_BOOT, [MINUTE_MS, dhcp(UEFI, CHAIN)]);
  expect(await outcomes()).toEqual(["handed-over"]);
});

test("a boot that is waited for over a restart is told of once, by the server that hears the rest", async () => {
  take(...REPORTING, [60 * MINUTE_MS, dhcp(UEFI, CHAIN)]);
  await outcomes();
  sent = [];
  take(...OVMF_BOOT);
  expect(await outcomes()).toEqual([]);
  await stop();
  await start();
  expect(await outcomes()).toEqual([]);
  take([30_000, checkedIn()]);
  expect(await outcomes()).toEqual(["checked-in"]);
});

test("a boot that was told of before a restart is not told of again", async () => {
  take(...OVMF_BOOT);
  expect(await outcomes()).toEqual(["handed-over"]);
  await stop();
  await start();
  nowMs += 20 * MINUTE_MS;
  expect(await outcomes()).toEqual(["handed-over"]);
});
