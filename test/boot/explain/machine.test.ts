import { describe, expect, test } from "vitest";
import { explainMachine, type MachineQuestion } from "../../../src/boot/explain/machine.ts";
import { apply, type Snapshot } from "../../../src/boot/snapshot.ts";
import { formatMachine } from "../../../src/commands/explain-text.ts";
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
    expect(stage?.mayfly).toContain("stays silent (pi-rom)");
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
