/** The wall clock is set while machines boot: NTP has the time, on a server without a battery clock. */

import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { DEFAULT_POLICY } from "../../../src/boot/rollout/policy.ts";
import { type Diagnoses, startDiagnoses } from "../../../src/io/sessions/diagnoses.ts";
import { type LastBoots, startLastBoots } from "../../../src/io/sessions/last-boots.ts";
import { type Sessions, startSessions } from "../../../src/io/sessions/sessions.ts";
import { createMemoryStore, type Store } from "../../../src/io/store/store.ts";
import { createWorld, type World } from "../../../src/io/world.ts";
import {
  checkedIn,
  ended,
  INITRD,
  OVMF_BOOT,
  PROGRAM,
  script,
  started,
  type Timed,
} from "../../support/boot-events.ts";
import { type EventLog, logEvents } from "../../support/event-log.ts";
import { BETA, BETA_MAC, GENERATION, snapshotOf } from "../../support/worlds.ts";

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

let world: World;
let store: Store;
let log: EventLog;
let sessions: Sessions;
let diagnoses: Diagnoses;
let lastBoots: LastBoots;
let wallMs: number;
let steadyMs: number;

async function start(): Promise<void> {
  world = createWorld(snapshotOf([{ ...BETA, rollout: { ...DEFAULT_POLICY, checkIn: true } }], GENERATION));
  log = logEvents(world);
  const clocks = { now: () => wallMs, steadyNow: () => steadyMs };
  sessions = await startSessions({ world, store, keepMs: () => 90 * DAY_MS, ...clocks });
  const asked = { world, sessions, givesAddresses: false, ...clocks, lookEveryMs: 1_000_000_000 };
  diagnoses = startDiagnoses(asked);
  lastBoots = startLastBoots({ world, sessions, diagnoses });
  await lastBoots.of(["beta"]);
}

async function stop(): Promise<void> {
  await lastBoots.close();
  await diagnoses.close();
  await sessions.close();
}

beforeEach(async () => {
  wallMs = 1_700_000_000_000;
  steadyMs = 0;
  store = createMemoryStore();
  await start();
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

/** Time passes, in the steps in which it is looked at. */
async function wait(ms: number): Promise<void> {
  for (let passed = 0; passed < ms; passed += 15_000) {
    pass(15_000);
    sessions.tick();
    await diagnoses.look();
  }
}

const outcome = () => sessions.current(BETA_MAC)?.outcome;
const told = () => log.of("diagnosed").map(({ diagnosis }) => diagnosis.code);
const TO_SCRIPT = OVMF_BOOT.slice(0, 13);

describe("set forward", () => {
  test("between script and kernel, it fails nothing and diagnoses nothing", async () => {
    take(...TO_SCRIPT);
    wallMs += 2 * HOUR_MS;
    await wait(15_000);
    expect([outcome(), told()]).toEqual(["under-way", []]);
    take(...OVMF_BOOT.slice(13), [20_000, checkedIn()]);
    expect(outcome()).toBe("checked-in");
  });

  test("while a file is sent, its boot goes on, and took no longer than it took", async () => {
    take(...OVMF_BOOT.slice(0, 16));
    wallMs += 3 * DAY_MS;
    await wait(15_000);
    take([1000, { ...ended(INITRD, 345_000_000), durationMs: 16_000 } as Timed[1]]);
    const session = sessions.current(BETA_MAC);
    expect(session?.outcome).toBe("handed-over");
    expect(session && session.lastMs - session.startMs).toBeLessThan(5 * MINUTE_MS);
    expect(session?.lastMs).toBe(wallMs);
  });

  test("after everything was fetched, the check-in is waited for as long as ever", async () => {
    take(...OVMF_BOOT);
    await wait(MINUTE_MS);
    wallMs += 2 * HOUR_MS;
    await wait(8 * MINUTE_MS);
    expect(told()).toEqual([]);
    await wait(2 * MINUTE_MS);
    expect(told()).toEqual(["no-check-in"]);
  });

  test("what was fetched before its machine was known is still the machine's", () => {
    const program: Timed[1] = { ...started(PROGRAM.name, 1_000_000) };
    const { mac: _mac, ...from } = program as Extract<Timed[1], { type: "transfer-started" }>;
    const { mac: _same, ...to } = ended(PROGRAM.name, 1_000_000) as Extract<
      Timed[1],
      { type: "transfer-ended" }
    >;
    take([0, from], [500, to]);
    wallMs += 2 * HOUR_MS;
    take([2000, script()]);
    expect(sessions.current(BETA_MAC)?.steps.map(({ stage }) => stage)).toEqual(["boot-program", "script"]);
    expect(sessions.current(BETA_MAC)?.startMs).toBe(wallMs - 2500);
  });
});

describe("set back", () => {
  test("a boot that stands still is diagnosed and ended when it would have been", async () => {
    take(...TO_SCRIPT);
    wallMs -= HOUR_MS;
    await wait(MINUTE_MS);
    expect([outcome(), told()]).toEqual(["under-way", ["kernel-not-fetched"]]);
    await wait(10 * MINUTE_MS);
    expect(outcome()).toBe("failed");
  });

  test.each([["while the server runs", false] as const, ["while it was stopped", true] as const])(
    "%s, the boot that began last is the last of its host",
    async (_when, isRestarted) => {
      take(...OVMF_BOOT, [30_000, checkedIn()]);
      if (isRestarted) await stop();
      wallMs -= DAY_MS;
      if (isRestarted) await start();
      take([MINUTE_MS, OVMF_BOOT[0]?.[1] ?? script()], ...OVMF_BOOT.slice(1, 13));
      expect((await lastBoots.of(["beta"])).get("beta")?.outcome).toBe("under-way");
      expect((await sessions.list({ host: "beta" }, 2)).map((each) => each.outcome)).toEqual([
        "under-way",
        "checked-in",
      ]);
      expect(sessions.current(BETA_MAC)?.lastMs).toBe(wallMs);
    },
  );

  test("while it was stopped, a boot under way that gets nowhere is ended all the same", async () => {
    take(...TO_SCRIPT);
    await stop();
    wallMs -= HOUR_MS;
    await start();
    await wait(11 * MINUTE_MS);
    expect(outcome()).toBe("failed");
  });
});

test("who watches boots is told of their new times", () => {
  take(...OVMF_BOOT.slice(0, 16));
  const [before] = sessions.underWay();
  wallMs += HOUR_MS;
  sessions.tick();
  const last = log.of("session").at(-1);
  expect(last).toMatchObject({ change: "moved", session: { startMs: (before?.startMs ?? 0) + HOUR_MS } });
});
