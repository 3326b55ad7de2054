/**
 * 100,000 boots in the store: how long it takes to list them, how much memory the server has for it, what a
 * packet costs, and how long the loop is held up when 500 machines boot at once. Fails past the bounds.
 *
 *     node --expose-gc scripts/bench/sessions.ts [SESSIONS]
 */

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { monitorEventLoopDelay, performance } from "node:perf_hooks";
import { setTimeout as delay } from "node:timers/promises";
import type { BootEvent } from "../../src/boot/event.ts";
import { type Sessions, startSessions } from "../../src/io/sessions/sessions.ts";
import { openStore } from "../../src/io/store/sqlite-store.ts";
import { createWorld, type World } from "../../src/io/world.ts";
import { OVMF_BOOT } from "../../test/support/boot-events.ts";
import { BETA, GENERATION, snapshotOf } from "../../test/support/worlds.ts";
import { fillSessions, MINUTE_MS, macOf } from "./past-sessions.ts";

const SESSIONS = Number(process.argv[2] ?? 100_000);
const LIST_BOUND_MS = 50;
const MEMORY_BOUND_MB = 50;
const KEEP_MS = 365 * 24 * 60 * MINUTE_MS;

const folder = await mkdtemp(join(tmpdir(), "mayfly-bench-sessions-"));
try {
  const store = await openStore(folder);
  await fillSessions(store, SESSIONS);
  const before = heldMb();
  const world = createWorld(snapshotOf([BETA], GENERATION));
  const sessions = await startSessions({ world, store, keepMs: () => KEEP_MS });
  const lists = await measureLists(sessions);
  const memoryMb = heldMb() - before;
  console.log(
    `lists of 50: ${lists.map(([name, ms]) => `${name} ${ms.toFixed(1)} ms`).join(", ")} (99 of 100)`,
  );
  console.log(`memory for ${SESSIONS} sessions: ${memoryMb.toFixed(0)} MB`);
  console.log(`a DISCOVER that repeats: ${measurePacket(world).toFixed(1)} us`);
  const storm = await measureStorm(world);
  console.log(
    `500 boots at once: ${storm.stepMs.toFixed(0)} ms of steps, loop held up ${storm.heldMs.toFixed(0)} ms at most`,
  );
  await sessions.close();
  await store.close();
  const isSlow = lists.some(([, ms]) => ms > LIST_BOUND_MS);
  if (isSlow || memoryMb > MEMORY_BOUND_MB) process.exitCode = 1;
} finally {
  await rm(folder, { recursive: true });
}

/** What is left when everything that nobody needs is gone. */
function heldMb(): number {
  globalThis.gc?.();
  return process.memoryUsage().heapUsed / 2 ** 20;
}

async function measureLists(sessions: Sessions): Promise<(readonly [string, number])[]> {
  const filters = [
    ["all", {}],
    ["of a host", { host: "node-77" }],
    ["of a machine", { mac: macOf(77) }],
    ["failed", { outcome: "failed" }],
    ["failed of a host", { host: "node-77", outcome: "failed" }],
  ] as const;
  const result: (readonly [string, number])[] = [];
  for (const [name, filter] of filters) {
    const times: number[] = [];
    for (let round = 0; round < 200; round++) {
      const from = performance.now();
      await sessions.list(filter, 50);
      times.push(performance.now() - from);
    }
    times.sort((a, b) => a - b);
    console.log(`list of 50, ${name}: half within ${times[100]?.toFixed(1)} ms`);
    result.push([name, times[197] ?? 0]);
  }
  return result;
}

/** @returns microseconds for each */
function measurePacket(world: World): number {
  const [first] = OVMF_BOOT;
  if (first === undefined) throw new Error("no event");
  const rounds = 100_000;
  const from = performance.now();
  for (let round = 0; round < rounds; round++) world.record(first[1]);
  return ((performance.now() - from) * 1000) / rounds;
}

async function measureStorm(world: World): Promise<{ stepMs: number; heldMs: number }> {
  const loop = monitorEventLoopDelay({ resolution: 1 });
  loop.enable();
  let stepMs = 0;
  for (const [, event] of OVMF_BOOT) {
    const from = performance.now();
    for (let number = 0; number < 500; number++) world.record(of(macOf(number), event));
    stepMs += performance.now() - from;
    await delay(20);
  }
  // What has ended is written now.
  await delay(1500);
  loop.disable();
  return { stepMs, heldMs: loop.max / 1e6 };
}

function of(mac: string, event: BootEvent): BootEvent {
  const client = "client" in event && event.client !== undefined ? { client: { ...event.client, mac } } : {};
  return { ...event, ...client, ...("mac" in event ? { mac } : {}) } as BootEvent;
}
