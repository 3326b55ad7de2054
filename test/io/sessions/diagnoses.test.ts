/** What is wrong with a boot is told once, when it is found out, and again only when it is something else. */

import { afterEach, beforeEach, expect, test } from "vitest";
import { type Diagnoses, startDiagnoses } from "../../../src/io/sessions/diagnoses.ts";
import { type Sessions, startSessions } from "../../../src/io/sessions/sessions.ts";
import { createMemoryStore, type Store } from "../../../src/io/store/store.ts";
import { createWorld, type World } from "../../../src/io/world.ts";
import {
  CHAIN,
  checkedIn,
  dhcp,
  ended,
  KERNEL,
  OVMF_BOOT,
  overheard,
  script,
  started,
  type Timed,
  UEFI,
} from "../../support/boot-events.ts";
import { type EventLog, logEvents } from "../../support/event-log.ts";
import { BETA, BETA_MAC, GENERATION, snapshotOf } from "../../support/worlds.ts";

const MINUTE_MS = 60_000;

let world: World;
let store: Store;
let log: EventLog;
let sessions: Sessions;
let diagnoses: Diagnoses;
let nowMs: number;
/** How often something was diagnosed. */
let reads: number;

beforeEach(async () => {
  nowMs = 1_700_000_000_000;
  world = createWorld(snapshotOf([BETA], GENERATION));
  log = logEvents(world);
  store = createMemoryStore();
  await start();
});

async function start(): Promise<void> {
  sessions = await startSessions({ world, store, keepMs: () => 86_400_000, now: () => nowMs });
  reads = 0;
  const counted: Sessions = {
    ...sessions,
    list(filter, limit) {
      reads++;
      return sessions.list(filter, limit);
    },
  };
  const options = { world, sessions: counted, givesAddresses: false, now: () => nowMs };
  diagnoses = startDiagnoses({ ...options, lookEveryMs: 1_000_000 });
}

async function stop(): Promise<void> {
  await diagnoses.close();
  await sessions.close();
}
afterEach(stop);

function take(...timed: readonly Timed[]): void {
  for (const [afterMs, event] of timed) {
    nowMs += afterMs;
    world.record(event);
  }
}

/** The codes that were told so far. */
async function told(): Promise<readonly string[]> {
  await diagnoses.look();
  return log.of("diagnosed").flatMap(({ repeated, diagnosis }) => (repeated ? [] : [diagnosis.code]));
}

/** Those that were told of before. */
function repeated(): readonly string[] {
  return log.of("diagnosed").flatMap((event) => (event.repeated ? [event.diagnosis.code] : []));
}

test("firmware that asks in vain is told of once, however long it goes on", async () => {
  take(...Array.from({ length: 8 }, () => [10_000, dhcp(UEFI, CHAIN)] as const));
  expect(await told()).toEqual(["no-dhcp-server"]);
  take(...Array.from({ length: 8 }, () => [10_000, dhcp(UEFI, CHAIN)] as const));
  expect(await told()).toEqual(["no-dhcp-server"]);
});

test("that other machines get addresses says that it is not the network's DHCP server", async () => {
  const takes = { mac: "52:54:00:aa:bb:cc", request: "REQUEST", address: "10.0.0.9", server: "10.0.0.1" };
  take([0, overheard(takes)]);
  take(...Array.from({ length: 8 }, () => [10_000, dhcp(UEFI, CHAIN)] as const));
  expect(await told()).toEqual(["offer-ignored"]);
});

test("that a system which runs asks to keep its address does not say that anybody gives one", async () => {
  take([0, overheard({ mac: "52:54:00:aa:bb:cc", request: "REQUEST", address: "10.0.0.9" })]);
  take(...Array.from({ length: 8 }, () => [10_000, dhcp(UEFI, CHAIN)] as const));
  expect(await told()).toEqual(["no-dhcp-server"]);
});

test("another server that was heard to give the machine something to boot is what it follows", async () => {
  const other = { type: "foreign-offer", interface: "eth0", mac: BETA_MAC, server: "10.77.0.9" } as const;
  take([0, dhcp(UEFI, CHAIN)], [100, { ...other, boot: { class: "PXEClient" } }]);
  take(...Array.from({ length: 4 }, () => [10_000, dhcp(UEFI, CHAIN)] as const));
  nowMs += MINUTE_MS;
  expect(await told()).toEqual(["other-boot-server"]);
  const [boot] = await sessions.list({ mac: BETA_MAC }, 1);
  expect(boot?.otherServers).toEqual(["10.77.0.9"]);
  expect(boot && (await diagnoses.of(boot))[0]?.what).toContain("10.77.0.9");
});

test("a boot that stops is told of when it has stopped, and not before", async () => {
  take(...OVMF_BOOT.slice(0, 13), [20_000, overheard({ mac: "52:54:00:aa:bb:cc" })]);
  expect(await told()).toEqual([]);
  nowMs += MINUTE_MS;
  expect(await told()).toEqual(["kernel-not-fetched"]);
});

test("a host that has checked in once is expected to do so again", async () => {
  take(...OVMF_BOOT, [30_000, checkedIn()]);
  take([60 * MINUTE_MS, dhcp(UEFI, CHAIN)], ...OVMF_BOOT);
  expect(await told()).toEqual([]);
  nowMs += 11 * MINUTE_MS;
  expect(await told()).toEqual(["no-check-in"]);
  const [boot] = await sessions.list({ mac: BETA_MAC }, 1);
  expect(boot && (await diagnoses.of(boot)).map(({ code }) => code)).toEqual(["no-check-in"]);
});

test("a host that never did is not", async () => {
  take(...OVMF_BOOT);
  nowMs += 60 * MINUTE_MS;
  expect(await told()).toEqual([]);
});

test("a boot that stands still is diagnosed once, until something more is seen of it", async () => {
  take(...OVMF_BOOT.slice(0, 8));
  nowMs += MINUTE_MS;
  for (let looks = 0; looks < 5; looks++) await diagnoses.look();
  expect(reads).toBe(1);
  take(...OVMF_BOOT.slice(8, 13));
  nowMs += MINUTE_MS;
  for (let looks = 0; looks < 5; looks++)
    expect(await told()).toEqual(["program-died", "kernel-not-fetched"]);
  expect(reads).toBe(2);
});

test("a boot that a cache explains for a while is looked at again when it does not any more", async () => {
  take(...OVMF_BOOT.slice(0, 13), [20_000, overheard({ mac: BETA_MAC })], [0, checkedIn()]);
  take([60 * MINUTE_MS, dhcp(UEFI, CHAIN)], ...OVMF_BOOT.slice(1, 13));
  nowMs += MINUTE_MS;
  expect(await told()).toEqual([]);
  nowMs += 2 * MINUTE_MS;
  expect(await told()).toEqual(["kernel-not-fetched"]);
});

test("between two of many boots that stand still everything else has its turn", async () => {
  const macs = Array.from({ length: 50 }, (_, index) => `52:54:00:00:01:${(16 + index).toString(16)}`);
  take(...macs.map((mac) => [0, dhcp({ ...UEFI, mac }, CHAIN)] as const));
  nowMs += MINUTE_MS;
  let turns = 0;
  let looking = true;
  const turn = () => {
    turns++;
    if (looking) setImmediate(turn);
  };
  setImmediate(turn);
  await diagnoses.look();
  looking = false;
  expect(reads).toBe(50);
  expect(turns).toBeGreaterThanOrEqual(49);
});

test("the same is told of each boot anew, whether the boots between went well or not", async () => {
  const fails = async () => {
    take([60 * MINUTE_MS, dhcp(UEFI, CHAIN)], ...OVMF_BOOT.slice(0, 13));
    nowMs += MINUTE_MS;
    await diagnoses.look();
  };
  await fails();
  await fails();
  take([60 * MINUTE_MS, dhcp(UEFI, CHAIN)], ...OVMF_BOOT);
  await fails();
  expect(await told()).toEqual(Array(3).fill("kernel-not-fetched"));
  expect(repeated()).toEqual([]);
});

test("a second boot that does not report is told of as the first was", async () => {
  take(...OVMF_BOOT, [30_000, checkedIn()]);
  for (let boots = 0; boots < 2; boots++) {
    take([60 * MINUTE_MS, dhcp(UEFI, CHAIN)], ...OVMF_BOOT);
    nowMs += 11 * MINUTE_MS;
    await diagnoses.look();
  }
  expect(await told()).toEqual(["no-check-in", "no-check-in"]);
});

test("a boot that came on and stands where it stood is the same news, for who shows it alone", async () => {
  take(...OVMF_BOOT.slice(0, 13));
  nowMs += MINUTE_MS;
  await diagnoses.look();
  take([0, started(KERNEL, 12_400_000)], [10, ended(KERNEL, 12_400_000)]);
  expect(await told()).toEqual(["kernel-not-fetched"]);
  take([5000, script(undefined, { attempt: 2 })]);
  expect(repeated()).toEqual([]);
  nowMs += MINUTE_MS;
  expect(await told()).toEqual(["kernel-not-fetched"]);
  expect(repeated()).toEqual(["kernel-not-fetched"]);
});

test("a loop of boots is told of once, and a later one again", async () => {
  const loops = async (boots: number) => {
    for (let boot = 0; boot < boots; boot++) {
      take([2 * MINUTE_MS, dhcp(UEFI, CHAIN)], ...OVMF_BOOT);
      await diagnoses.look();
    }
  };
  take(...OVMF_BOOT, [30_000, checkedIn()]);
  await loops(7);
  expect(await told()).toEqual(["boot-loop"]);
  expect(repeated()).toEqual(Array(4).fill("boot-loop"));
  take([MINUTE_MS, checkedIn()]);
  await loops(3);
  expect(await told()).toEqual(["boot-loop", "boot-loop"]);
  nowMs += 60 * MINUTE_MS;
  await loops(3);
  expect((await told()).filter((code) => code === "boot-loop")).toHaveLength(3);
});

test("a boot that was handed over before the server was started anew is awaited all the same", async () => {
  take(...OVMF_BOOT, [30_000, checkedIn()]);
  take([60 * MINUTE_MS, dhcp(UEFI, CHAIN)], ...OVMF_BOOT);
  await stop();
  nowMs += 5000;
  await start();
  expect(await told()).toEqual([]);
  nowMs += 11 * MINUTE_MS;
  expect(await told()).toEqual(["no-check-in"]);
});

test("a silence is told of when the server that was started anew has heard nothing for as long", async () => {
  await stop();
  const own = { ...GENERATION, ownScript: "netboot.ipxe", lacksInitrdName: true } as const;
  world = createWorld(snapshotOf([BETA], own));
  log = logEvents(world);
  await start();
  take(...OVMF_BOOT);
  await stop();
  nowMs += 5 * MINUTE_MS;
  await start();
  nowMs += 15_000;
  expect(await told()).toEqual([]);
  nowMs += 2 * MINUTE_MS;
  expect(await told()).toEqual(["initrd-missing"]);
});
