/**
 * A network full of machines that somebody makes up: how long the loop is held up when each of them has asked
 * once and they are looked through, looked through again, and given up, and how much of it is kept. Somebody
 * wants to be told of boots that fail. Fails past the bound.
 *
 *     npx node scripts/bench/made-up.ts [MACHINES]
 */

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { performance } from "node:perf_hooks";
import { setImmediate } from "node:timers/promises";
import { createBootWatch } from "../../src/io/notify/boot-watch.ts";
import { startDiagnoses } from "../../src/io/sessions/diagnoses.ts";
import { SESSION_KINDS } from "../../src/io/sessions/session-archive.ts";
import { startSessions } from "../../src/io/sessions/sessions.ts";
import { openStore } from "../../src/io/store/sqlite-store.ts";
import { createWorld } from "../../src/io/world.ts";
import { dhcp, UEFI } from "../../test/support/boot-events.ts";
import { BETA, GENERATION, PROGRAMS, snapshotOf } from "../../test/support/worlds.ts";
import { macOf } from "./past-sessions.ts";

const MACHINES = Number(process.argv[2] ?? 4096);
const BOUND_MS = 250;
const [MINUTE_MS, DAY_MS] = [60_000, 86_400_000];

let nowMs = Date.now();
let told = 0;
const now = () => nowMs;
const onError = (error: unknown) => console.error(error);
const folder = await mkdtemp(join(tmpdir(), "mayfly-bench-made-up-"));
try {
  const store = await openStore(folder);
  const world = createWorld(snapshotOf([{ ...BETA, name: "default" }], GENERATION));
  const sessions = await startSessions({ world, store, keepMs: () => 90 * DAY_MS, now });
  const diagnoses = startDiagnoses({ world, sessions, givesAddresses: false, now, lookEveryMs: DAY_MS });
  const boots = { current: sessions.current, diagnose: diagnoses.of };
  const watch = createBootWatch({ boots, consider: () => told++, onError, now });
  world.subscribe((event) => {
    if (event.type === "session" || event.type === "diagnosed") watch.take(event);
  });
  const held = [
    await measure(`${MACHINES} ask once`, allAsk),
    await measure("they stand still", () => look(MINUTE_MS)),
    await measure("the next look", () => look(15_000)),
    await measure("each asks again", async () => {
      await allAsk();
      await look(MINUTE_MS);
    }),
    await measure("they are given up", async () => {
      nowMs += 11 * MINUTE_MS;
      sessions.tick();
      await diagnoses.look();
      await watch.settled();
    }),
  ];
  await diagnoses.close();
  await sessions.close();
  const kept = await store.range(SESSION_KINDS.SESSION, { limit: 10 * MACHINES });
  console.log(`${kept.length} boots are kept of them; ${told} alerts`);
  await store.close();
  if (held.some((ms) => ms > BOUND_MS)) process.exitCode = 1;

  /** As fast as they can be heard, a few in a turn. */
  async function allAsk(): Promise<void> {
    for (let number = 0; number < MACHINES; number++) {
      world.record(asks(number));
      if (number % 50 === 0) await setImmediate();
    }
  }
  async function look(laterMs: number): Promise<void> {
    nowMs += laterMs;
    await diagnoses.look();
  }
} finally {
  await rm(folder, { recursive: true });
}

function asks(number: number) {
  const program = PROGRAMS[0];
  if (program === undefined) throw new Error("no program");
  const host = { ...BETA, name: "default" };
  return dhcp({ ...UEFI, mac: macOf(number) }, { type: "chain", host, program });
}

/** @returns for how long nothing else ran, at the most */
async function measure(what: string, work: () => Promise<void>): Promise<number> {
  let [longest, last] = [0, performance.now()];
  const beat = setInterval(() => {
    longest = Math.max(longest, performance.now() - last);
    last = performance.now();
  }, 1);
  const from = performance.now();
  await work();
  const ms = performance.now() - from;
  longest = Math.max(longest, performance.now() - last);
  clearInterval(beat);
  console.log(`${what}: ${ms.toFixed(0)} ms, the loop held up ${longest.toFixed(0)} ms at most`);
  return longest;
}
