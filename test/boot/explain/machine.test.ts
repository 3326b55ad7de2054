import { describe, expect, test } from "vitest";
import { explainMachine, type MachineQuestion } from "../../../src/boot/explain/machine.ts";
import { machineStep, NEW_MACHINE } from "../../../src/boot/ladder/machine.ts";
import { createLeaseBook } from "../../../src/boot/lease/lease-book.ts";
import { subnetTable } from "../../../src/boot/lease/subnet.ts";
import { apply, type Snapshot } from "../../../src/boot/snapshot.ts";
import { formatMachine } from "../../../src/commands/explain-text.ts";
import { START_MS, subnet } from "../../support/leases.ts";
import {
  BETA,
  BETA_MAC,
  GENERATION,
  PROGRAMS,
  snapshotOf,
  worldFor,
  worldForEveryone,
} from "../../support/worlds.ts";

const SITE = { self: "10.0.0.2", ports: { http: 8080, tftp: 69 } };
const WORLD = apply(snapshotOf([BETA], GENERATION), [{ type: "programs", programs: PROGRAMS }]);

const explain = (question: Omit<MachineQuestion, "mac">, snapshot: Snapshot = WORLD, mac = BETA_MAC) =>
  explainMachine({ mac, ...question }, snapshot, SITE);
const told = (question: Omit<MachineQuestion, "mac">, snapshot?: Snapshot, mac?: string) =>
  explain(question, snapshot, mac).stages.map(({ said, mayfly }) => `${said} → ${mayfly}`);

test("reads like this, from the firmware's first packet to the kernel", () => {
  const text = formatMachine({ type: "machine", self: SITE.self, notes: [], ...explain({}) });
  expect(
    text,
  ).toBe(`52:54:00:12:34:56 as x64 UEFI (assumed, since its image has a kernel for x86; --arch names another),
asking Mayfly at 10.0.0.2:

  1.  The firmware (x64 UEFI) asks for an address and something to boot (DISCOVER).
      Mayfly sends an OFFER: ipxe-x64.efi by TFTP from 10.0.0.2. Why: 52:54:00:12:34:56 is host
          beta.

  2.  The firmware (x64 UEFI) asks 10.0.0.2 for its boot file on port 4011 (REQUEST).
      Mayfly sends an ACK: ipxe-x64.efi by TFTP from 10.0.0.2.

  3.  The firmware (x64 UEFI) asks 10.0.0.2 for 'ipxe-x64.efi' by TFTP.
      Mayfly sends /programs/ipxe-x64.efi, 1000 B.

  4.  iPXE (x64 UEFI) asks for an address and something to boot (DISCOVER).
      Mayfly sends an OFFER: http://10.0.0.2:8080/netboot.ipxe?mac=52-54-00-12-34-56&arch=x86.

  5.  iPXE (x64 UEFI) asks for its script
      (http://10.0.0.2:8080/netboot.ipxe?mac=52-54-00-12-34-56&arch=x86).
      Mayfly sends the script that boots 0c1m2n-kexec-tree: Linux 6.12.9, bzImage (11.8 MiB) and
          initrd.zst (329 MiB), since 52:54:00:12:34:56 is host beta. Kernel parameters:
          init=/nix/store/abc-nixos-system-beta/init initrd=initrd.zst loglevel=4.
`);
});

describe("each kind of firmware has its own stages", () => {
  test("a BIOS asks no port 4011", () => {
    const stages = told({ arch: 0 });
    expect(stages).toHaveLength(4);
    expect(stages[1]).toBe(
      "asks 10.0.0.2 for 'undionly.kpxe' by TFTP → sends /programs/undionly.kpxe, 1000 B",
    );
  });

  test("HTTP Boot fetches by HTTP, and its iPXE is of the same architecture (Q9)", () => {
    const stages = explain({ vendorClass: "HTTPClient:Arch:00016:UNDI:003000" }).stages;
    expect(stages.map(({ who }) => who)).toEqual([
      "the firmware (x64 UEFI HTTP Boot)",
      "the firmware (x64 UEFI HTTP Boot)",
      "iPXE (x64 UEFI)",
      "iPXE (x64 UEFI)",
    ]);
    expect(stages[1]?.mayfly).toBe("sends /programs/ipxe-x64.efi, 1000 B");
  });

  test("a Raspberry Pi's own ROM is told apart by its serial number (R2)", () => {
    const [stage, ...rest] = explain({ stage: "pi-rom", serial: "9dbc1f00" }, worldForEveryone()).stages;
    expect(stage?.who).toBe("the boot ROM (Raspberry Pi)");
    expect(stage?.mayfly).toContain("stays silent (no-pi-firmware)");
    expect(rest).toEqual([]);
  });

  test("a stage that is asked for stands alone", () => {
    expect(told({ stage: "ipxe" })).toHaveLength(2);
    expect(told({ stage: "uefi" })).toHaveLength(3);
  });

  test("what does not boot from the network is left alone", () => {
    expect(told({ vendorClass: "udhcp 1.35.0" })).toEqual([
      expect.stringContaining("stays silent: it calls itself 'udhcp 1.35.0'"),
    ]);
  });
});

describe("who cannot boot is told where and why", () => {
  test("an unknown machine, and 32-bit UEFI without a program (Q8)", () => {
    expect(told({}, worldFor(BETA_MAC), "52:54:00:00:00:99")[0]).toContain("stays silent (unknown-host)");
    const without = apply(WORLD, [
      { type: "programs", programs: PROGRAMS.filter(({ kind }) => kind === "efi-x64") },
    ]);
    expect(told({ arch: 6 }, without)).toEqual([
      expect.stringContaining(
        "stays silent (no-program): no boot program for efi-x86; put one into boot-media/ipxe/",
      ),
    ]);
  });

  test("a host without a complete image gets as far as its screen, and what the image lacks is said here", () => {
    const broken = apply(worldForEveryone(), [
      { type: "hosts", hosts: [BETA] },
      { type: "trouble", image: "beta", reason: "the kernel is missing" },
    ]);
    const stages = explain({}, broken).stages;
    expect(stages.at(-1)?.mayfly).toBe(
      "sends a script that says on the screen why it cannot boot (no-generation): " +
        "host beta has no complete image: the kernel is missing",
    );
  });

  test("a kernel for another machine", () => {
    expect(told({ arch: 11 }).at(-1)).toContain("why it cannot boot (wrong-isa)");
  });
});

test("a host that is known by its UUID or serial number says by which", () => {
  const uuid = "4c4c4544-0042-3510-8052-b4c04f4e4d31";
  const hosts = [{ ...BETA, macs: [], uuids: [uuid], serials: ["S1"] }];
  const world = apply(WORLD, [{ type: "hosts", hosts }]);
  expect(explain({ uuid }, world).stages[0]?.because).toBe(`its UUID ${uuid} is that of host beta`);
  expect(told({ stage: "ipxe", serial: "S1" }, world)[0]).toContain("stays silent (unknown-host)");
});

describe("what the configuration and earlier boots say of a machine has its word", () => {
  test("firmware that took no offer in the usual form is offered another one", () => {
    let machine = NEW_MACHINE;
    for (let round = 0; round < 12; round++) {
      const event = { type: "discover", kind: "uefi", secs: 4 * round } as const;
      [machine] = machineStep(machine, event, 10_000 * round);
    }
    const learnt = new Map([[BETA_MAC, machine]]);
    const [stage] = explainMachine({ mac: BETA_MAC }, WORLD, { ...SITE, learnt }).stages;
    expect(stage?.because).toMatch(
      /^52:54:00:12:34:56 is host beta\. It is offered with .*nothing came of the usual/,
    );
  });

  test("a boot program that the host asks for, and one that is not there", () => {
    const other = { kind: "efi-x64", name: "other.efi", path: "/programs/other.efi", sizeBytes: 1 } as const;
    const world = (bootProgram: string) =>
      apply(snapshotOf([{ ...BETA, bootProgram }], GENERATION), [
        { type: "programs", programs: [...PROGRAMS, other] },
      ]);
    expect(explain({}, world("other.efi")).stages[0]).toMatchObject({
      mayfly: "sends an OFFER: other.efi by TFTP from 10.0.0.2",
      because: expect.stringContaining("bootProgram asks for this program"),
    });
    expect(explain({}, world("gone.efi")).stages[0]?.because).toContain(
      "is to be gone.efi, which is not there",
    );
  });

  test("a stranger that is held gets iPXE, and its screen says how to approve it", () => {
    const held = apply(WORLD, [{ type: "hosts", hosts: [BETA], strangers: "hold" }]);
    const stages = explain({}, held, "52:54:00:00:00:99").stages;
    expect(stages[0]?.because).toContain("no host has 52:54:00:00:00:99, and its screen is to say so");
    expect(stages.at(-1)?.mayfly).toContain("'mayfly approve 52:54:00:00:00:99 NAME' gives it a host");
  });

  test("an image that is one file is booted by HTTP Boot without iPXE", () => {
    const bootFile = { type: "uki", file: "beta.efi", bios: false } as const;
    const { kernel: _kernel, ...rest } = GENERATION;
    const uki = {
      ...rest,
      id: "uki-1",
      shape: "uki",
      bootFile,
      initrds: [],
      files: new Map([["beta.efi", 9]]),
    } as const;
    const world = apply(snapshotOf([BETA], uki), [{ type: "programs", programs: PROGRAMS }]);
    const stages = explain({ arch: 16 }, world).stages;
    expect(stages).toHaveLength(2);
    expect(stages[0]?.because).toContain("whose image is one file that the firmware starts itself");
    expect(stages[1]?.mayfly).toBe("sends beta.efi of uki-1, 9 B");
  });
});

describe("where Mayfly gives the addresses", () => {
  const giving = (pools = [{ first: "10.0.0.100", last: "10.0.0.100" }]) => ({
    ...SITE,
    giving: {
      book: createLeaseBook(),
      table: subnetTable([subnet({ pools })], []),
      nowMs: START_MS,
      ownAddresses: [SITE.self],
    },
  });

  test("address and boot file come in one answer, and nobody asks port 4011", () => {
    const { stages } = explainMachine({ mac: BETA_MAC }, WORLD, giving());
    expect(stages.map(({ mayfly }) => mayfly).slice(0, 2)).toEqual([
      "sends an OFFER: the address 10.0.0.100 and ipxe-x64.efi by TFTP from 10.0.0.2",
      "sends /programs/ipxe-x64.efi, 1000 B",
    ]);
    expect(stages[0]?.because).toBe("10.0.0.100 is offered for 3600 s; 52:54:00:12:34:56 is host beta");
    expect(stages).toHaveLength(4);
  });

  test("what does not boot from the network gets an address too", () => {
    const { stages } = explainMachine({ mac: BETA_MAC, vendorClass: "udhcp" }, WORLD, giving());
    expect(stages).toMatchObject([
      {
        mayfly: "sends an OFFER: the address 10.0.0.100 and nothing to boot",
        because: "10.0.0.100 is offered for 3600 s; it does not boot from the network",
      },
    ]);
  });

  test("a machine that is not to boot gets an address and the reason", () => {
    const { stages } = explainMachine({ mac: "52:54:00:00:00:99" }, WORLD, giving());
    expect(stages).toHaveLength(1);
    expect(stages[0]?.because).toContain(
      "of booting Mayfly says nothing to it: it stays silent (unknown-host)",
    );
  });

  test("a network without an address to give is silence with its reason", () => {
    const { stages } = explainMachine({ mac: BETA_MAC }, WORLD, giving([]));
    expect(stages.map(({ mayfly }) => mayfly)).toEqual([
      expect.stringMatching(/^stays silent \(no-reservation\): 10\.0\.0\.0\/24 has no pool/),
    ]);
  });
});
