/** How a host booted last is known at once, after a restart too, and of the boot that began last. */

import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type Diagnoses, startDiagnoses } from "../../../src/io/sessions/diagnoses.ts";
import { type LastBoots, startLastBoots } from "../../../src/io/sessions/last-boots.ts";
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
  script,
  started,
  type Timed,
  UEFI,
} from "../../support/boot-events.ts";
import { BETA, GENERATION, snapshotOf } from "../../support/worlds.ts";

interface Server {
  readonly world: World;
  readonly sessions: Sessions;
  readonly diagnoses: Diagnoses;
  readonly lastBoots: LastBoots;
  /** How many lists of sessions were read. */
  reads(): number;
  close(): Promise<void>;
}

let store: Store;
let server: Server;
let nowMs: number;

async function start(): Promise<Server> {
  const world = createWorld(snapshotOf([BETA], GENERATION));
  const now = () => nowMs;
  const sessions = await startSessions({ world, store, keepMs: () => 86_400_000, now });
  let reads = 0;
  const counted: Pick<Sessions, "list"> = {
    list(filter, limit) {
      reads++;
      return sessions.list(filter, limit);
    },
  };
  const diagnoses = startDiagnoses({ world, sessions, givesAddresses: false, now, lookEveryMs: 1_000_000 });
  const lastBoots = startLastBoots({ world, sessions: counted, diagnoses });
  return {
    ...{ world, sessions, diagnoses, lastBoots, reads: () => reads },
    async close() {
      await lastBoots.close();
      await diagnoses.close();
      await sessions.close();
    },
  };
}

beforeEach(async () => {
  nowMs = 1_700_000_000_000;
  store = createMemoryStore();
  server = await start();
});

afterEach(() => server.close());

function take(...timed: readonly Timed[]): void {
  for (const [afterMs, event] of timed) {
    nowMs += afterMs;
    server.world.record(event);
  }
}

async function last() {
  return (await server.lastBoots.of([BETA.name])).get(BETA.name);
}

const TOO_LONG_MS = 700_000;

test("of a host that never booted nothing is known, and it is looked for once", async () => {
  expect(await last()).toBeUndefined();
  await last();
  expect(server.reads()).toBe(1);
});

test("a boot is known as it goes on and ends, and nothing is read for it", async () => {
  await last();
  take(...OVMF_BOOT);
  expect(await last()).toMatchObject({ outcome: "handed-over", generation: GENERATION.id });
  take([20_000, checkedIn()]);
  expect(await last()).toMatchObject({ outcome: "checked-in", checkIn: { failedUnits: [] } });
  expect(server.reads()).toBe(1);
});

test("what is wrong with it is told with it, and goes when the next boot begins", async () => {
  await last();
  take(...OVMF_BOOT.slice(0, 8));
  nowMs += TOO_LONG_MS;
  server.sessions.tick();
  await server.diagnoses.look();
  expect(await last()).toMatchObject({ outcome: "failed", diagnosis: { code: "program-died" } });
  take([0, dhcp(UEFI, CHAIN)]);
  expect(await last()).toMatchObject({ outcome: "under-way" });
  expect((await last())?.diagnosis).toBeUndefined();
});

describe("what was wrong with a boot that has come on", () => {
  test("is not told with it any more: it waited for its image, and is up", async () => {
    await last();
    const waits = script({ type: "refused", host: BETA, reason: "no-generation" });
    take([0, waits], [10_000, waits]);
    await server.diagnoses.look();
    expect(await last()).toMatchObject({ outcome: "turned-away", diagnosis: { code: "turned-away" } });
    take([10_000, script(undefined, { wait: 3 })], ...OVMF_BOOT.slice(13));
    expect((await last())?.diagnosis).toBeUndefined();
    take([20_000, checkedIn()]);
    await server.diagnoses.look();
    expect(await last()).toMatchObject({ outcome: "checked-in" });
    expect((await last())?.diagnosis).toBeUndefined();
  });

  test("is told again when it stands where it stood", async () => {
    await last();
    const stands = async () => {
      nowMs += 60_000;
      await server.diagnoses.look();
      expect(await last()).toMatchObject({ diagnosis: { code: "kernel-not-fetched" } });
    };
    take(...OVMF_BOOT.slice(0, 13));
    await stands();
    take([0, started(KERNEL, 9)], [10, ended(KERNEL, 9)]);
    expect((await last())?.diagnosis).toBeUndefined();
    take([10, script(undefined, { attempt: 2 })]);
    await stands();
  });

  test("stays while it asks again for the same, and when it is given up", async () => {
    await last();
    take(...Array.from({ length: 6 }, () => [10_000, dhcp(UEFI, CHAIN)] as const));
    await server.diagnoses.look();
    const expected = { diagnosis: { code: "no-dhcp-server" } };
    expect(await last()).toMatchObject(expected);
    take([10_000, dhcp(UEFI, CHAIN, { variant: "direct" })]);
    expect(await last()).toMatchObject({ outcome: "under-way", ...expected });
    nowMs += TOO_LONG_MS;
    server.sessions.tick();
    expect(await last()).toMatchObject({ outcome: "failed", ...expected });
  });
});

test("after a restart it is read once, with what is wrong", async () => {
  take(...OVMF_BOOT.slice(0, 8));
  nowMs += TOO_LONG_MS;
  server.sessions.tick();
  await server.close();
  server = await start();
  server.lastBoots.readAhead();
  expect(await last()).toMatchObject({ outcome: "failed", diagnosis: { code: "program-died" } });
  const reads = server.reads();
  await last();
  expect(server.reads()).toBe(reads);
});

test("a boot that begins while the one before is being read is the last one", async () => {
  take(...OVMF_BOOT);
  const asking = last();
  take([TOO_LONG_MS, dhcp(UEFI, CHAIN)]);
  await asking;
  expect(await last()).toMatchObject({ outcome: "under-way" });
});
