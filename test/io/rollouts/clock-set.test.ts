/** The wall clock is set while new generations are tried: NTP has the time, on a server without a battery clock. */

import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { DEFAULT_POLICY } from "../../../src/boot/rollout/policy.ts";
import { type Rollouts, startRollouts } from "../../../src/io/rollouts/rollouts.ts";
import { type Sessions, startSessions } from "../../../src/io/sessions/sessions.ts";
import { createMemoryStore, type Store } from "../../../src/io/store/store.ts";
import { createWorld, type World } from "../../../src/io/world.ts";
import { checkedIn, OVMF_BOOT, script, type Timed } from "../../support/boot-events.ts";
import { type EventLog, logEvents } from "../../support/event-log.ts";
import { BETA, GENERATION, snapshotOf } from "../../support/worlds.ts";

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const OLD = { ...GENERATION, id: "0ld-kexec-tree" };

let world: World;
let store: Store;
let log: EventLog;
let rollouts: Rollouts;
let sessions: Sessions;
let wallMs: number;
let steadyMs: number;

async function start(): Promise<void> {
  const clocks = { now: () => wallMs, steadyNow: () => steadyMs };
  world = createWorld(snapshotOf([{ ...BETA, rollout: { ...DEFAULT_POLICY, checkIn: true } }], GENERATION));
  log = logEvents(world);
  rollouts = await startRollouts({ world, store, tickMs: 5, ...clocks });
  sessions = await startSessions({ world, store, keepMs: () => 90 * 24 * HOUR_MS, ...clocks });
}

async function stop(): Promise<void> {
  await sessions.close();
  await rollouts.close();
}

beforeEach(async () => {
  wallMs = 1_700_000_000_000;
  steadyMs = 0;
  store = createMemoryStore();
  await start();
  world.record({ type: "published", image: BETA.image, generation: OLD } as Timed[1]);
  take(...upTo(OLD), [20_000, checkedIn({ generation: OLD.id, bootId: "00000000000000aa" })]);
  world.record({ type: "published", image: BETA.image, generation: GENERATION } as Timed[1]);
});

afterEach(stop);

function pass(ms: number): void {
  wallMs += ms;
  steadyMs += ms;
}

function take(...timed: readonly Timed[]): void {
  for (const [afterMs, event] of timed) {
    pass(afterMs);
    world.record(event);
  }
}

/** A boot up to its script. */
function upTo(generation: typeof GENERATION): readonly Timed[] {
  const given = script({ type: "script", host: BETA, generation });
  return [...OVMF_BOOT.slice(0, 12), [20, given]];
}

/** Time passes, and the rollouts have looked at the clock since. */
async function look(ms: number): Promise<void> {
  pass(ms);
  const then = new Date(wallMs);
  const local = { day: then.getDay(), minute: then.getHours() * 60 + then.getMinutes() };
  await vi.waitFor(() => expect(world.snapshot().rollouts.local).toEqual(local), 5000);
}

const changes = () =>
  log.of("rollout").flatMap(({ generation, change }) => (generation === GENERATION.id ? [change] : []));

test("set forward after a machine has everything, it does not judge what is new", async () => {
  take(...upTo(GENERATION), ...OVMF_BOOT.slice(13));
  await look(MINUTE_MS);
  wallMs += 3 * HOUR_MS;
  await look(MINUTE_MS);
  expect(changes()).toEqual([]);
  take([MINUTE_MS, checkedIn()]);
  expect(changes()).toEqual(["settled"]);
});

test("set back, it lets no machine be waited for longer", async () => {
  take(...upTo(GENERATION), ...OVMF_BOOT.slice(13));
  wallMs -= 3 * HOUR_MS;
  await look(9 * MINUTE_MS);
  expect(changes()).toEqual([]);
  await look(2 * MINUTE_MS);
  expect(changes()).toEqual(["marked-bad"]);
});

test("set back while the server was stopped, it lets no machine be waited for longer", async () => {
  take(...upTo(GENERATION), ...OVMF_BOOT.slice(13));
  await stop();
  wallMs -= 3 * HOUR_MS;
  await start();
  await look(9 * MINUTE_MS);
  expect(changes()).toEqual([]);
  await look(2 * MINUTE_MS);
  expect(changes()).toEqual(["marked-bad"]);
});
