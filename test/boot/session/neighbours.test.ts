/** Machines that nobody named: whose session is nobody's, and whose is one all the same. */

import { describe, expect, test } from "vitest";
import type { BootClient } from "../../../src/boot/client.ts";
import { decide, type SilentReason } from "../../../src/boot/decide.ts";
import { apply, EMPTY_SNAPSHOT, type Snapshot } from "../../../src/boot/snapshot.ts";
import { dhcp, IPXE, script, sessionTable, UEFI } from "../../support/boot-events.ts";
import { BETA, DEFAULT_HOST, GENERATION, PROGRAMS, snapshotOf } from "../../support/worlds.ts";

const ARM = { ...UEFI, mac: "52:54:00:aa:aa:01", isa: "arm64", program: "efi-arm64", arch: 11 } as const;
const ARM_IPXE = { ...IPXE, mac: ARM.mac, isa: "arm64" } as const;
const PI: BootClient = { mac: "dc:a6:32:00:00:01", stage: "pi-rom", isa: "arm64", piModel: 4 };
const ODD: BootClient = { mac: "52:54:00:aa:aa:02", stage: "uefi", arch: 99 };

const hosts = { type: "hosts", hosts: [DEFAULT_HOST], defaultHost: DEFAULT_HOST.name } as const;
const published = { type: "published", image: DEFAULT_HOST.image, generation: GENERATION } as const;
const EVERYBODYS = apply(EMPTY_SNAPSHOT, [hosts, published, { type: "programs", programs: PROGRAMS }]);
const NO_PROGRAMS = apply(EMPTY_SNAPSHOT, [hosts, published]);

const LEFT_ALONE: readonly (readonly [string, BootClient, Snapshot, SilentReason])[] = [
  ["has another processor", ARM, EVERYBODYS, "wrong-isa"],
  ["is a Raspberry Pi", PI, EVERYBODYS, "wrong-isa"],
  ["is of an unknown kind", ODD, EVERYBODYS, "unknown-arch"],
  ["has no boot program here", UEFI, NO_PROGRAMS, "no-program"],
];

describe("a machine that only the default host covers, and that is left alone, has no session:", () => {
  test.each(LEFT_ALONE)("it %s", (_why, client, snapshot, reason) => {
    const decision = decide(client, snapshot);
    expect(decision).toMatchObject({ type: "silent", reason });
    const table = sessionTable();
    for (let i = 0; i < 3; i++) table.take([4000, dhcp(client, decision, { reply: undefined as never })]);
    expect(table.told).toEqual([]);
    expect(table.live.size).toBe(0);
  });

  test("it asks for a script as iPXE with another processor", () => {
    const decision = decide(ARM_IPXE, EVERYBODYS);
    expect(decision).toMatchObject({ type: "silent", reason: "wrong-isa" });
    const table = sessionTable();
    table.take(
      [0, script(decision, { client: ARM_IPXE })],
      [10_000, script(decision, { client: ARM_IPXE, wait: 2 })],
    );
    expect(table.told).toEqual([]);
  });
});

test("a machine that the default host boots has its session", () => {
  const table = sessionTable();
  table.take([0, dhcp(UEFI, decide(UEFI, EVERYBODYS))]);
  expect(table.session()).toMatchObject({ outcome: "under-way", host: "default" });
});

test("a machine that is named and gets nothing has its session, which says why", () => {
  const client = { ...ARM_IPXE, mac: BETA.macs[0] ?? "" };
  const decision = decide(client, snapshotOf([BETA], GENERATION));
  const table = sessionTable();
  table.take([0, script(decision, { client })]);
  expect(table.session()).toMatchObject({ outcome: "turned-away", host: "beta" });
});

test("a boot of a machine that is left alone from now on has ended", () => {
  const table = sessionTable();
  const client = { ...UEFI, mac: "52:54:00:aa:aa:03" };
  table.take([0, dhcp(client, decide(client, EVERYBODYS))], [9000, script(undefined, { client })]);
  table.take([9000, dhcp(client, decide(client, NO_PROGRAMS), { reply: undefined as never })]);
  expect(table.told.at(-1)).toMatchObject({ change: "ended", session: { outcome: "failed" } });
  expect(table.live.size).toBe(0);
});
