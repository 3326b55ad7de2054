import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { BootEvent } from "../../../src/boot/event.ts";
import type { Session } from "../../../src/boot/session/session.ts";
import { firstIdAt, makeSessionId } from "../../../src/boot/session/session-id.ts";
import { SESSION_KINDS } from "../../../src/io/sessions/session-archive.ts";
import { type Sessions, startSessions } from "../../../src/io/sessions/sessions.ts";
import { createMemoryStore, type Store } from "../../../src/io/store/store.ts";
import { createWorld, type World } from "../../../src/io/world.ts";
import {
  CHAIN,
  checkedIn,
  dhcp,
  ended,
  IPXE,
  OVMF_BOOT,
  SCRIPT,
  script,
  started,
  type Timed,
  UEFI,
} from "../../support/boot-events.ts";
import { type EventLog, logEvents } from "../../support/event-log.ts";
import { BETA, BETA_MAC, GENERATION, snapshotOf } from "../../support/worlds.ts";

const DAY_MS = 86_400_000;

let world: World;
let store: Store;
let log: EventLog;
let sessions: Sessions;
let nowMs: number;
let writes: number;

async function start(): Promise<void> {
  let made = 0;
  sessions = await startSessions({
    ...{ world, store, keepMs: () => 90 * DAY_MS, saveAfterMs: 1_000_000 },
    now: () => nowMs,
    random: () => made++ / 1000,
  });
}

function take(...timed: readonly Timed[]): void {
  for (const [afterMs, event] of timed) {
    nowMs += afterMs;
    world.record(event);
  }
}

const of = (mac: string, event: BootEvent): BootEvent =>
  "client" in event && event.client !== undefined
    ? ({ ...event, client: { ...event.client, mac }, ...("mac" in event && { mac }) } as BootEvent)
    : ({ ...event, mac } as BootEvent);

beforeEach(async () => {
  nowMs = 1_700_000_000_000;
  writes = 0;
  world = createWorld(snapshotOf([BETA], GENERATION));
  log = logEvents(world);
  const memory = createMemoryStore();
  store = {
    ...memory,
    put(entries) {
      writes++;
      return memory.put(entries);
    },
  };
  await start();
});

afterEach(() => sessions.close());

test("a boot is told as it goes on, and can be read before and after it is on the disk", async () => {
  take(...OVMF_BOOT);
  const facts = {
    platform: "efi",
    nic: "virtio-net",
    busId: "01-1a-f4-10-00",
    product: "Box",
    version: "1.21",
  };
  const client = { ...IPXE, uuid: "4c4c4544", serial: "7", piModel: 4, pci: "1af4:1000", facts } as const;
  take([0, script(SCRIPT, { client, attempt: 2 })], [0, checkedIn()]);
  const [boot] = await sessions.list({}, 10);
  expect(boot).toMatchObject({ outcome: "checked-in", mac: BETA_MAC, host: "beta" });
  expect(log.of("session").at(0)?.change).toBe("began");
  expect(await sessions.get(boot?.id ?? "")).toEqual(boot);
  await sessions.close();
  await start();
  expect(await sessions.list({}, 10)).toEqual([boot]);
});

test("packets of DHCP alone are followed without a write", async () => {
  for (let i = 0; i < 50; i++) take([0, of(`52:54:00:00:01:${(16 + i).toString(16)}`, dhcp(UEFI, CHAIN))]);
  expect(sessions.underWay()).toHaveLength(50);
  expect(writes).toBe(0);
});

test("a boot under way when the server stops goes on when it is back", async () => {
  take(...OVMF_BOOT.slice(0, 14));
  const [before] = sessions.underWay();
  await sessions.close();
  nowMs += 20_000;
  await start();
  expect(sessions.underWay()[0]).toMatchObject({ id: before?.id, outcome: "under-way" });
  expect(sessions.underWay()[0]?.steps.at(-1)?.note).toBe("the server was stopped");
  take(...OVMF_BOOT.slice(13));
  expect(sessions.current(BETA_MAC)).toMatchObject({ id: before?.id, outcome: "handed-over" });
  const again = await sessions.list({}, 10);
  expect(again.map(({ id, outcome }) => [id, outcome])).toEqual([[before?.id, "handed-over"]]);
});

test("a machine that only asked by DHCP when the server stopped is not forgotten either", async () => {
  take([0, dhcp(UEFI, CHAIN)]);
  await sessions.close();
  await start();
  expect(sessions.underWay()).toHaveLength(1);
});

describe("where another server answers DHCP", () => {
  const anonymous = (path: string, address: string): readonly Timed[] =>
    [started(path, 1000), ended(path, 1000)].map((event) => {
      const { mac: _mac, ...rest } = event as BootEvent & { mac?: string };
      return [20, { ...rest, peer: { address, port: 2000 } } as BootEvent];
    });
  const asks = (mac: string, address: string): Timed => [
    3000,
    script(SCRIPT, { client: { ...IPXE, mac }, peer: { address, port: 5 } }),
  ];
  const [A, B] = ["52:54:00:00:00:0a", "52:54:00:00:00:0b"];
  const stages = (mac: string) => sessions.current(mac)?.steps.map(({ stage }) => stage);

  test("what a machine fetched before it said who it is belongs to its boot", () => {
    take(...anonymous("ipxe-x64.efi", "10.0.0.9"), ...anonymous("autoexec.ipxe", "10.0.0.9"));
    take(asks(A, "10.0.0.9"));
    expect(stages(A)).toEqual(["boot-program", "autoexec", "script"]);
    expect(sessions.current(A)?.startMs).toBe(1_700_000_000_020);
    expect(log.of("session").filter(({ change }) => change === "began")).toHaveLength(1);
  });

  test("of machines behind one address each has its own, when one comes after the other", () => {
    take(...anonymous("ipxe-x64.efi", "10.0.0.9"), asks(A, "10.0.0.9"));
    take(...anonymous("ipxe-x64.efi", "10.0.0.9"), asks(B, "10.0.0.9"));
    expect([stages(A), stages(B)]).toEqual([
      ["boot-program", "script"],
      ["boot-program", "script"],
    ]);
  });

  test("and none has what either may have fetched", () => {
    take(...anonymous("ipxe-x64.efi", "10.0.0.9"), ...anonymous("ipxe-x64.efi", "10.0.0.9"));
    take(asks(A, "10.0.0.9"), asks(B, "10.0.0.9"));
    expect([stages(A), stages(B)]).toEqual([["script"], ["script"]]);
  });

  test("nor what was fetched elsewhere, or long ago", () => {
    take(...anonymous("ipxe-x64.efi", "10.0.0.8"), asks(A, "10.0.0.9"));
    take([200_000, dhcp(UEFI, CHAIN)], asks(B, "10.0.0.8"));
    expect([stages(A), stages(B)]).toEqual([["script"], ["script"]]);
  });
});

describe("a report", () => {
  test("of the boot before counts for that one, though the machine begins anew", async () => {
    take(...OVMF_BOOT, [60_000, dhcp(UEFI, CHAIN)], [10, checkedIn()]);
    const told = await log.wait("session", ({ session }) => session.outcome === "checked-in");
    const [now, before] = await sessions.list({ mac: BETA_MAC }, 10);
    expect(now?.outcome).toBe("under-way");
    expect(before).toMatchObject({ id: told.session.id, outcome: "checked-in" });
  });

  test("that comes long after, across a restart, counts too", async () => {
    take(...OVMF_BOOT);
    nowMs += 3_600_000;
    sessions.tick();
    expect(sessions.current(BETA_MAC)).toBeUndefined();
    await sessions.close();
    await start();
    take([0, checkedIn()]);
    await log.wait("session", ({ session }) => session.outcome === "checked-in");
    expect((await sessions.list({ outcome: "checked-in" }, 10)).map(({ outcome }) => outcome)).toEqual([
      "checked-in",
    ]);
    expect(await sessions.list({ outcome: "handed-over" }, 10)).toEqual([]);
  });

  test("of a boot that nobody knows is a boot of its own, and changes no other", async () => {
    take(...OVMF_BOOT, [0, checkedIn({ bootId: "00000000000000aa" })]);
    await log.wait("session", ({ session }) => session.outcome === "checked-in");
    const found = await sessions.list({ mac: BETA_MAC }, 10);
    expect(found.map(({ outcome }) => outcome).toSorted()).toEqual(["checked-in", "handed-over"]);
    expect(sessions.current(BETA_MAC)?.outcome).toBe("handed-over");
  });

  describe("that is told again after the server was killed", () => {
    const atMs = 1_700_000_000_000;
    const report = checkedIn({
      checkIn: { atMs, failedUnits: [], missingMounts: [], missingFiles: [] },
    });
    const tellAgain = async () => {
      await sessions.close();
      await start();
      take([5000, report]);
      await log.wait("session", ({ session }) => session.outcome === "checked-in");
    };

    test("begins the boot of which nothing was written down, once and for all", async () => {
      await tellAgain();
      await tellAgain();
      const [boot, ...others] = await sessions.list({}, 10);
      expect(others).toEqual([]);
      expect(boot).toMatchObject({
        ...{ mac: BETA_MAC, host: "beta", generation: GENERATION.id, outcome: "checked-in" },
        ...{ startMs: atMs, steps: [{ stage: "check-in", startMs: atMs }] },
      });
      const changes = log.of("session").map(({ change }) => change);
      expect(changes.slice(0, 2)).toEqual(["began", "ended"]);
    });

    test("ends the boot that was written down as far as it had come", async () => {
      take(...OVMF_BOOT);
      await tellAgain();
      expect((await sessions.list({}, 10)).map(({ outcome }) => outcome)).toEqual(["checked-in"]);
    });

    test("is followed by the next boot of that machine", async () => {
      await tellAgain();
      take(...OVMF_BOOT);
      expect((await sessions.list({}, 10)).map(({ outcome }) => outcome)).toEqual([
        "handed-over",
        "checked-in",
      ]);
    });
  });
});

test("silence ends a boot, and what it ended as is on the disk", async () => {
  take(...OVMF_BOOT.slice(0, 13));
  nowMs += 700_000;
  sessions.tick();
  expect(log.of("session").at(-1)).toMatchObject({ change: "ended", session: { outcome: "failed" } });
  await sessions.close();
  expect((await store.range(SESSION_KINDS.SESSION, { limit: 10 })).map(([, value]) => value)).toMatchObject([
    { outcome: "failed" },
  ]);
});

describe("many sessions", () => {
  const MACS = ["52:54:00:00:00:01", "52:54:00:00:00:02"];

  function kept(at: number, more: Partial<Session>): Session {
    const startMs = nowMs + at * 60_000;
    const mac = MACS[at % 2] ?? "";
    return {
      ...{
        id: makeSessionId(startMs, 0.5),
        mac,
        host: `host-${at % 5}`,
        via: "netboot",
        startMs,
        lastMs: startMs,
      },
      ...{ scripts: 1, steps: [], outcome: at % 10 === 0 ? "failed" : "handed-over" },
      ...more,
    };
  }

  async function fill(count: number): Promise<void> {
    const all = Array.from({ length: count }, (_, at) => kept(at, {}));
    for (const session of all) {
      const { id, mac, host, outcome } = session;
      const keys = [`mac/${mac}/${id}`, `host/${host}/${id}`, `outcome/${outcome}/${id}`];
      await store.put([
        { kind: SESSION_KINDS.SESSION, key: id, value: session },
        ...keys.map((key) => ({ kind: SESSION_KINDS.INDEX, key, value: outcome })),
      ]);
    }
  }

  test("are read a page at a time, the last one first, by host, machine and outcome", async () => {
    await fill(500);
    const minutes = (found: readonly Session[]) => found.map(({ startMs }) => (startMs - nowMs) / 60_000);
    const first = await sessions.list({}, 3);
    expect(minutes(first)).toEqual([499, 498, 497]);
    expect(minutes(await sessions.list({ before: first.at(-1)?.id ?? "" }, 2))).toEqual([496, 495]);
    expect(minutes(await sessions.list({ host: "host-2" }, 3))).toEqual([497, 492, 487]);
    expect(minutes(await sessions.list({ mac: MACS[1] ?? "", outcome: "failed" }, 3))).toEqual([]);
    expect(minutes(await sessions.list({ mac: MACS[0] ?? "", outcome: "failed" }, 200))).toHaveLength(50);
    expect(minutes(await sessions.list({ outcome: "failed", host: "host-0" }, 2))).toEqual([490, 480]);
    expect(minutes(await sessions.list({ outcome: "failed", host: "host-1" }, 2))).toEqual([]);
    const since = firstIdAt(nowMs + 490 * 60_000);
    expect(minutes(await sessions.list({ host: "host-2", since }, 100))).toEqual([497, 492]);
    expect(minutes(await sessions.list({ since }, 100))).toHaveLength(10);
  });

  test("that began longer ago than they are kept are forgotten, with everything that leads to them", async () => {
    await fill(250);
    nowMs += 90 * DAY_MS + 200 * 60_000;
    await sessions.prune();
    expect(await sessions.list({}, 100)).toHaveLength(50);
    expect(await store.range(SESSION_KINDS.INDEX, { limit: 1000 })).toHaveLength(150);
  });
});

test("what only asked by DHCP, and is no machine that anybody named, is marked as such on the disk", async () => {
  const away = dhcp(
    UEFI,
    { type: "silent", reason: "no-program", host: BETA },
    { reply: undefined as never },
  );
  const other = "52:54:00:00:00:01";
  take([0, away], [0, of(other, away)], [0, of("52:54:00:00:00:02", script())]);
  await sessions.close();
  const marked = await store.range(SESSION_KINDS.INDEX, {
    from: "nameless/",
    below: "nameless/~",
    limit: 10,
  });
  const [boot] = await sessions.list({ mac: other }, 1);
  expect(marked.map(([key]) => key)).toEqual([`nameless/${boot?.id}`]);
});

test("a machine that was followed and whose session is gone is followed no longer", async () => {
  take([0, dhcp(UEFI, CHAIN)]);
  await sessions.close();
  const [kept] = await store.range(SESSION_KINDS.SESSION, { limit: 1 });
  await store.put([{ kind: SESSION_KINDS.SESSION, key: kept?.[0] ?? "", value: undefined }]);
  await start();
  expect(sessions.underWay()).toEqual([]);
  await sessions.close();
  expect((await store.load(SESSION_KINDS.FOLLOWED)).size).toBe(0);
});

test("a store that cannot be written to is told of once, and boots are followed all the same", async () => {
  await sessions.close();
  store = { ...store, put: () => Promise.reject(new Error("the disk is full")) };
  await start();
  take(...OVMF_BOOT);
  await sessions.close();
  await sessions.close();
  expect(log.of("notice").map(({ text }) => text)).toEqual([
    "how machines boot cannot be kept: the disk is full",
  ]);
  expect((await sessions.list({}, 10))[0]?.outcome).toBe("handed-over");
});

test("what is kept and cannot be read is as if it were not there", async () => {
  take(...OVMF_BOOT, [0, of("52:54:00:00:00:09", script(SCRIPT, { client: IPXE }))]);
  await sessions.close();
  const [newest] = await store.range(SESSION_KINDS.SESSION, { reverse: true, limit: 1 });
  await store.put([
    { kind: SESSION_KINDS.SESSION, key: newest?.[0] ?? "", value: { id: 7 } },
    { kind: SESSION_KINDS.FOLLOWED, key: BETA_MAC, value: "nonsense" },
  ]);
  await start();
  expect(await sessions.list({}, 10)).toHaveLength(1);
  take([0, started("ipxe-x64.efi", 5)]);
  expect(await sessions.list({}, 10)).toHaveLength(2);
});
