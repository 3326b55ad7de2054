/** Many machines at once, and other builds of iPXE; each firmware by itself is in firmware-matrix.test.ts. */

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ensureLabFiles, type LabFiles } from "../../src/lab/files.ts";
import { type Firmware, startMachine } from "../../src/lab/machine.ts";
import { createLan, type Lan } from "../../src/lab/network.ts";
import type { Program } from "../../src/lab/program.ts";
import { makeImage, type TestImage, waitForBoot } from "../support/boot-images.ts";
import { startMayfly } from "../support/mayfly-server.ts";
import { lacks } from "../support/needs.ts";

const ONE_WITHIN_MS = 120_000;
const SIX_WITHIN_MS = 240_000;

interface Kind {
  readonly firmware: Firmware;
  readonly mac: string;
}

const BIOS: Kind = { firmware: "bios", mac: "52:54:00:77:01:01" };
const OVMF: Kind = { firmware: "ovmf", mac: "52:54:00:77:01:02" };
const AAVMF: Kind = { firmware: "aavmf", mac: "dc:a6:32:77:02:01" };
const SIX: readonly Kind[] = [
  BIOS,
  OVMF,
  AAVMF,
  { firmware: "bios", mac: "52:54:00:77:01:03" },
  { firmware: "ovmf", mac: "52:54:00:77:01:04" },
  { firmware: "aavmf", mac: "dc:a6:32:77:02:02" },
];

interface Rig {
  /** Boots a machine to its end, and checks that it booted its own image with its own parameters. */
  boots(kind: Kind, boundMs: number): Promise<void>;
  close(): Promise<void>;
}

/** A LAN on which Mayfly has an image for each machine. */
async function createRig(programs: Readonly<Record<string, string>>): Promise<Rig> {
  const folder = await mkdtemp(join(tmpdir(), "mayfly-firmware-"));
  const x64 = await makeImage(folder, "x64", "beta-1");
  const arm64 = await makeImage(folder, "arm64", "pi-1", { layout: "netboot" });
  const lan = await createLan();
  const server = await startMayfly(lan, {
    folder,
    programs,
    hosts: { beta: x64.folder, pi: arm64.folder },
    config: hostsConfig(),
  });
  return {
    boots: (kind, boundMs) => expectBoot(lan, server, kind, kind.firmware === "aavmf" ? arm64 : x64, boundMs),
    async close() {
      await server.stop();
      await lan.close();
      await rm(folder, { recursive: true });
    },
  };
}

function hostsConfig(): string {
  const host = (name: string, isa: (firmware: Firmware) => boolean) => [
    `  ${name}:`,
    `    macs: [${SIX.filter(({ firmware }) => isa(firmware)).map(({ mac }) => `"${mac}"`)}]`,
    `    kernelParams: lab.host=${name} quiet`,
  ];
  return ["hosts:", ...host("beta", (f) => f !== "aavmf"), ...host("pi", (f) => f === "aavmf"), ""].join(
    "\n",
  );
}

async function expectBoot(
  lan: Lan,
  server: Program,
  kind: Kind,
  image: TestImage,
  boundMs: number,
): Promise<void> {
  const machine = await startMachine(lan, { ...kind, name: `${kind.firmware} ${kind.mac}` });
  try {
    const { stamp, cmdline } = await waitForBoot(machine, boundMs);
    expect(stamp).toBe(image.stamp);
    // The builder's own, unchanged and in order, then where to report, then the host's.
    const host = kind.firmware === "aavmf" ? "pi" : "beta";
    expect(cmdline.replace(/ mayfly\.checkin=\S+/, "")).toContain(`${image.params} lab.host=${host} quiet`);
    await server.waitFor(new RegExp(`${host} \\(${kind.mac}\\) is up with `), boundMs);
    await machine.ended;
  } finally {
    await machine.stop();
  }
}

const lacking = lacks("lan", "lab-files", "dnsmasq", "qemu-system-x86_64", "qemu-system-aarch64");

/** One server for the tests of a block. */
function useRig(programs: (files: LabFiles) => Readonly<Record<string, string>>): () => Rig {
  let rig: Rig | undefined;
  beforeAll(async () => {
    rig = await createRig(programs(await ensureLabFiles()));
  });
  afterAll(() => rig?.close());
  return () => {
    if (rig === undefined) throw new Error("the server has not started");
    return rig;
  };
}

describe.skipIf(lacking)("with the distribution's iPXE", () => {
  // Debian 12 has none for arm64.
  const rig = useRig(({ ipxe121 }) => ({ "ipxe-arm64.efi": join(ipxe121, "ipxe-arm64.efi") }));

  test("six machines of all kinds boot at once", async () => {
    await Promise.all(SIX.map((kind) => rig().boots(kind, SIX_WITHIN_MS)));
  });
});

describe.skipIf(lacking)("with iPXE 2.0.0", () => {
  const rig = useRig(({ ipxe200 }) => ({ "ipxe-x64.efi": join(ipxe200, "snponly.efi") }));

  test("an x64 UEFI machine boots by PXE and port 4011", () => rig().boots(OVMF, ONE_WITHIN_MS));
});
