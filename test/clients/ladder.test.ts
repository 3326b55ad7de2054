/** Real UEFI takes each form of an offer, waits for a DHCP server that comes late, and survives a dead boot program. */

import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { openStore } from "../../src/io/store/sqlite-store.ts";
import { ensureLabFiles } from "../../src/lab/files.ts";
import { type Machine, startMachine } from "../../src/lab/machine.ts";
import { createLan, type Lan } from "../../src/lab/network.ts";
import type { Program } from "../../src/lab/program.ts";
import { makeImage, waitForBoot } from "../support/boot-images.ts";
import { startMayfly } from "../support/mayfly-server.ts";
import { lacks } from "../support/needs.ts";
import { peFile, X64 } from "../support/pe-file.ts";

const MAC = "52:54:00:77:03:01";
const WITHIN_MS = 120_000;

interface Rig {
  readonly lan: Lan;
  readonly server: Program;
  powerOn(): Promise<Machine>;
}

interface RigOptions {
  /** Whether the router gives addresses from the beginning. */
  readonly dhcp?: boolean;
  /** What an earlier run of the server has learnt of the machine. */
  readonly learnt?: unknown;
  /** A file that is served in the place of the distribution's iPXE for x64 UEFI. */
  readonly program?: Uint8Array;
}

/** A LAN on which Mayfly has an image for every machine. */
async function createRig({ dhcp = true, learnt, program }: RigOptions = {}): Promise<Rig> {
  const folder = await mkdtemp(join(tmpdir(), "mayfly-ladder-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  const image = await makeImage(folder, "x64", "ladder-1");
  if (learnt !== undefined) {
    const store = await openStore(join(folder, "state"));
    await store.put([{ kind: "ladder", key: MAC, value: learnt }]);
    await store.close();
  }
  const own = join(folder, "own.efi");
  if (program !== undefined) await writeFile(own, program);
  const lan = await createLan({ dhcp });
  onTestFinished(() => lan.close());
  const server = await startMayfly(lan, {
    folder,
    hosts: { default: image.folder },
    // Of a machine that nobody gives an address it may be said, before somebody does.
    ...(dhcp ? {} : { hasTrouble: true as const }),
    ...(program === undefined ? {} : { programs: { "ipxe-x64.efi": own } }),
  });
  onTestFinished(async () => void (await server.stop()));
  return {
    lan,
    server,
    async powerOn() {
      const machine = await startMachine(lan, { firmware: "ovmf", mac: MAC });
      onTestFinished(async () => void (await machine.stop()));
      return machine;
    },
  };
}

/** The DHCP requests of the machine's firmware, as the log has them. */
function firmwareLines(server: Program): string[] {
  return server
    .text()
    .split("\n")
    .filter((line) => line.includes(`${MAC} (x64 UEFI)`));
}

/** Gives addresses from now on. */
async function startDhcp(lan: Lan): Promise<void> {
  const dhcp = await lan.router.start([
    ...(["dnsmasq", "--no-daemon", "--conf-file=/dev/null", "--port=0", "--interface=eth0"] as const),
    ...["--bind-interfaces", "--dhcp-range=10.77.0.100,10.77.0.250,1h", "--dhcp-authoritative", "--no-ping"],
    ...[`--dhcp-leasefile=${join(lan.scratch, "late-leases")}`, "--log-facility=-"],
  ]);
  await dhcp.waitFor(/DHCP, IP range/, 10_000);
}

describe.skipIf(lacks("lan", "lab-files", "dnsmasq", "qemu-system-x86_64"))("OVMF", () => {
  test.each([
    ["plain", 4011],
    ["direct", 67],
    ["menu", 4011],
    ["url", 4011],
  ] as const)(
    "boots by the form %s of an offer, its boot file from port %i (Q2, Q11)",
    async (form, port) => {
      const { server, powerOn } = await createRig({ learnt: { offers: { uefi: [form] } } });
      const machine = await powerOn();
      expect((await waitForBoot(machine, WITHIN_MS)).stamp).toBe("ladder-1");
      const asked4011 = firmwareLines(server).some((line) => line.includes("port 4011"));
      expect(asked4011).toBe(port === 4011);
    },
  );

  test("boots in one go beside a DHCP server that comes late, and is offered the usual the next time (Q1)", async () => {
    const { lan, server, powerOn } = await createRig({ dhcp: false });
    const machine = await powerOn();
    await server.waitFor(/OFFER .*, with option 43 saying to take the file at once/, WITHIN_MS);
    await startDhcp(lan);
    expect((await waitForBoot(machine, WITHIN_MS)).stamp).toBe("ladder-1");
    await machine.ended;
    const before = firmwareLines(server).length;
    const again = await powerOn();
    expect((await waitForBoot(again, WITHIN_MS)).stamp).toBe("ladder-1");
    for (const line of firmwareLines(server).slice(before)) expect(line).not.toContain("option 43");
  });

  test("gets another boot program at its third boot when the first one dies each time (I12)", async () => {
    await ensureLabFiles();
    const { server, powerOn } = await createRig({ program: peFile(X64) });
    for (let count = 0; count < 2; count += 1) {
      const machine = await powerOn();
      await server.waitFor(new RegExp(`(ipxe-x64\\.efi by tftp: .*){${count + 1}}`, "s"), WITHIN_MS);
      await machine.stop();
    }
    const machine = await powerOn();
    expect((await waitForBoot(machine, WITHIN_MS)).stamp).toBe("ladder-1");
    expect(server.text()).toContain("it is given ipxe-x64-firmware.efi next");
  });
});
