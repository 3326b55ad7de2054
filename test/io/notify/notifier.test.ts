import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { composeMessage } from "../../../src/boot/notify/message.ts";
import type { Target } from "../../../src/boot/notify/target.ts";
import type { Session } from "../../../src/boot/session/session.ts";
import { type Notifier, startNotifier } from "../../../src/io/notify/notifier.ts";
import { type Outbox, openOutbox } from "../../../src/io/notify/outbox.ts";
import { sendMessage } from "../../../src/io/notify/send-message.ts";
import { createMemoryStore, type Store } from "../../../src/io/store/store.ts";
import { createTroubles } from "../../../src/io/troubles.ts";
import { createWorld, type World } from "../../../src/io/world.ts";
import { redact } from "../../../src/web/events/redact.ts";
import { alert, boot, NOT_FETCHED, nth, START_MS, target } from "../../support/alerts.ts";
import { dhcp, UEFI } from "../../support/boot-events.ts";
import { type HookReceiver, startHookReceiver, withStatus } from "../../support/hook-receiver.ts";

let receiver: HookReceiver;
let store: Store;
let targets: readonly Target[];
let nowMs: number;
let running: { readonly world: World; readonly notifier: Notifier; readonly outbox: Outbox };
const current = new Map<string, Session>();

async function start() {
  const world = createWorld();
  let made = 0;
  const now = () => nowMs;
  const newId = () => `${nowMs}-${made++}`;
  const notifier = startNotifier({ world, targets: () => targets, redact, newId, now });
  notifier.watchBoots({ current: (mac) => current.get(mac), diagnose: async () => [NOT_FETCHED] });
  const outbox = await openOutbox({
    ...{ store, targets: () => targets, troubles: createTroubles(world), now },
    send: (to, message, signal) => sendMessage(to, message, { nowMs, signal, timeoutMs: 2000 }),
  });
  notifier.sendBy(outbox);
  return { world, notifier, outbox };
}

beforeEach(async () => {
  nowMs = START_MS;
  receiver = await startHookReceiver();
  store = createMemoryStore();
  current.clear();
  targets = [target({ url: receiver.url })];
  running = await start();
});
afterEach(() => receiver.close());

/** So much later, with all that is due sent and answered. */
async function pass(ms: number) {
  await running.notifier.settled();
  nowMs += ms;
  running.notifier.tick();
  await running.outbox.settled();
}
const bodies = () => receiver.received.map(({ body }) => JSON.parse(body));
const fail = (session: Session) => running.world.record({ type: "session", change: "ended", session });

test("two hundred machines that fail at once are one message", async () => {
  for (let i = 0; i < 200; i++) fail(boot("failed", nth(i)));
  await pass(10_000);
  await pass(3_600_000);
  expect(bodies().map(({ title, count }) => [title, count])).toEqual([["200 machines have not booted", 200]]);
});

test("a machine that fails again and again is told once an hour", async () => {
  for (let minute = 0; minute < 119; minute++) {
    fail(boot("failed"));
    await pass(60_000);
  }
  expect(bodies()).toHaveLength(2);
  expect(bodies()[0].alerts[0]).toMatchObject({ cause: "kernel-not-fetched", boot: "0loyw3v28-abc123" });
});

test("a boot that stands still is told after three minutes, one that gets on is not", async () => {
  for (const [mac, session] of [nth(1), nth(2)].map((one) => [one.mac, boot("under-way", one)] as const)) {
    current.set(mac, session);
    running.world.record({ type: "diagnosed", session: session.id, mac, diagnosis: NOT_FETCHED });
  }
  await pass(60_000);
  current.set(nth(2).mac, boot("handed-over", nth(2)));
  await pass(120_000);
  await pass(10_000);
  expect(bodies().map(({ title }) => title)).toEqual(["node1 has not booted"]);
});

test("trouble is told when it begins and when it is over; what passes in seconds is not told at all", async () => {
  const troubles = createTroubles(running.world);
  troubles.set("leases cannot be kept", new Error("no space left"));
  await pass(10_000);
  troubles.set("leases cannot be kept", undefined);
  await pass(60_000);
  troubles.set("which machines were seen cannot be kept", new Error("no space left"));
  troubles.set("which machines were seen cannot be kept", undefined);
  await pass(3_600_000);
  expect(bodies().map(({ title, mood }) => [title, mood])).toEqual([
    ["Trouble: leases cannot be kept", "bad"],
    ["Over: leases cannot be kept", "good"],
  ]);
});

test("an unknown machine is told once, and none that was seen before the start", async () => {
  running.notifier.knowMachines([[nth(1).mac, START_MS - 60_000]]);
  for (const mac of [UEFI.mac, nth(1).mac, UEFI.mac])
    running.world.record(dhcp({ ...UEFI, mac }, { type: "silent", reason: "unknown-host" }));
  await pass(10_000);
  expect(bodies().map(({ title }) => title)).toEqual([`An unknown machine asks: ${UEFI.mac}`]);
});

test("each target gets the events and the hosts that it wants", async () => {
  targets = [
    target({ name: "a", url: `${receiver.url}/a`, events: ["rollout-done"] }),
    target({ name: "b", url: `${receiver.url}/b`, hosts: ["node1"] }),
  ];
  fail(boot("failed", nth(1)));
  fail(boot("failed", nth(2)));
  running.world.record({ type: "notice", level: "warn", text: "the clock is wrong" });
  await pass(10_000);
  expect(receiver.received.map(({ path }) => path)).toEqual(["/hook/b", "/hook/b"]);
  expect(bodies().map(({ title }) => title)).toEqual(["node1 has not booted", "Mayfly has trouble"]);
});

test("no token leaves by a message", async () => {
  const text = "http://10.0.0.2:8080/checkin/v1.abcdefghijklmnop asked with mayfly_abcdefghijkl";
  running.world.record({ type: "notice", level: "warn", text });
  await pass(10_000);
  expect(receiver.received[0]?.body).toContain("checkin/…");
  expect(receiver.received[0]?.body).not.toMatch(/abcdefgh/);
});

describe("a target that does not take it", () => {
  test("is asked again after ever longer times, and gets everything in its order", async () => {
    receiver.answer(withStatus(500), withStatus(503), withStatus(429, { "Retry-After": "100" }));
    fail(boot("failed", nth(1)));
    await pass(10_000);
    expect(running.outbox.stateOf("program")).toMatchObject({ waiting: 1, last: { isDelivered: false } });
    await pass(4_999);
    expect(receiver.received).toHaveLength(1);
    await pass(1);
    await pass(15_000);
    await pass(99_999);
    expect(receiver.received).toHaveLength(3);
    await pass(1);
    expect(running.outbox.stateOf("program")).toMatchObject({ waiting: 0, last: { isDelivered: true } });
    expect(new Set(bodies().map(({ id }) => id)).size).toBe(1);
  });

  test("for good is told in the log and to the others, and loses that message alone", async () => {
    targets = [
      target({ name: "bad", url: `${receiver.url}/bad` }),
      target({ name: "good", url: `${receiver.url}/good` }),
    ];
    receiver.answer(withStatus(404, {}, "no such hook"));
    const notices: string[] = [];
    running.world.subscribe((event) => event.type === "notice" && notices.push(event.text));
    fail(boot("failed"));
    await pass(10_000);
    expect(notices).toEqual(["messages to 'bad' do not arrive: status 404: no such hook; one was given up"]);
    await pass(10_000);
    expect(receiver.received.map(({ path }) => path).sort()).toEqual([
      "/hook/bad",
      "/hook/good",
      "/hook/good",
    ]);
    expect(bodies().at(-1).title).toBe("Trouble: messages to 'bad' do not arrive");
    expect(running.outbox.stateOf("bad").waiting).toBe(0);
  });

  test("has what it did not take after a restart of the server, and no more than a hundred", async () => {
    await receiver.close();
    for (let i = 0; i < 130; i++)
      running.outbox.put("program", composeMessage(`id-${i}`, nowMs, [alert({ subject: `node${i}` })]));
    await pass(0);
    expect(running.outbox.stateOf("program").waiting).toBe(100);
    await running.notifier.close();
    await running.outbox.close();
    receiver = await startHookReceiver();
    targets = [target({ url: receiver.url })];
    running = await start();
    await pass(5_000);
    expect(running.outbox.stateOf("program").waiting).toBe(0);
    expect(bodies().map(({ id }) => id)).toEqual(Array.from({ length: 100 }, (_, i) => `id-${i + 30}`));
  });

  test("holds up no other one", async () => {
    targets = [
      target({ name: "slow", url: `${receiver.url}/slow` }),
      target({ name: "quick", url: `${receiver.url}/quick` }),
    ];
    receiver.answer(() => {});
    fail(boot("failed"));
    await running.notifier.settled();
    nowMs += 10_000;
    running.notifier.tick();
    await receiver.wait(2);
    expect(receiver.received.map(({ path }) => path).sort()).toEqual(["/hook/quick", "/hook/slow"]);
    await running.outbox.close();
  });
});

test("what is gathered when the server stops is kept, and sent by the next one", async () => {
  fail(boot("failed"));
  await running.notifier.close();
  await running.outbox.close();
  expect(receiver.received).toHaveLength(0);
  running = await start();
  await pass(0);
  expect(bodies().map(({ title }) => title)).toEqual(["beta has not booted"]);
});

test("messages for a target that the configuration names no more are let go", async () => {
  await receiver.close();
  fail(boot("failed"));
  await pass(10_000);
  targets = [];
  await pass(5_000);
  expect((await store.load("message")).size).toBe(0);
  receiver = await startHookReceiver();
});
