/** Each firmware of Debian 12 and 13 boots by each way that it has, beside a DHCP server that knows nothing of booting. */

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createLimiter } from "../../src/io/images/limiter.ts";
import { ensureLabFiles, type Flash, type LabFiles } from "../../src/lab/files.ts";
import { startMachine } from "../../src/lab/machine.ts";
import { createLan, type Lan } from "../../src/lab/network.ts";
import type { Program } from "../../src/lab/program.ts";
import { makeImage, type TestImage, waitForBoot } from "../support/boot-images.ts";
import { startMayfly } from "../support/mayfly-server.ts";
import { lacks } from "../support/needs.ts";

/** On two cores two machines boot in little more time than one. */
const atOnce = createLimiter(2);
const WITHIN_MS = 120_000;

interface Kind {
  readonly name: string;
  readonly firmware: "bios" | "ovmf" | "aavmf";
  readonly flash?: (files: LabFiles) => Flash;
}

const KINDS: readonly Kind[] = [
  { name: "a BIOS with iPXE in its network card", firmware: "bios" },
  { name: "OVMF of Debian 12", firmware: "ovmf", flash: ({ debian12 }) => debian12.ovmf },
  { name: "OVMF of Debian 13 (Q14)", firmware: "ovmf", flash: ({ debian13 }) => debian13.ovmf },
  { name: "AAVMF of Debian 12", firmware: "aavmf", flash: ({ debian12 }) => debian12.aavmf },
  { name: "AAVMF of Debian 13 (Q14)", firmware: "aavmf", flash: ({ debian13 }) => debian13.aavmf },
];

const ROWS = KINDS.flatMap((kind, index) => {
  const row = (way: "PXE" | "HTTP Boot") => {
    const mac = `52:54:00:77:0${way === "PXE" ? 1 : 2}:0${index}`;
    return [`${kind.name} boots by ${way}`, { ...kind, httpBoot: way === "HTTP Boot", mac }] as const;
  };
  return kind.firmware === "bios" ? [row("PXE")] : [row("PXE"), row("HTTP Boot")];
});

const lacking = lacks("lan", "lab-files", "dnsmasq", "qemu-system-x86_64", "qemu-system-aarch64");

describe.skipIf(lacking).concurrent("beside another DHCP server", () => {
  let files: LabFiles;
  let folder: string;
  let lan: Lan;
  let server: Program;
  let images: Readonly<Record<"x64" | "arm64", TestImage>>;

  beforeAll(async () => {
    files = await ensureLabFiles();
    folder = await mkdtemp(join(tmpdir(), "mayfly-matrix-"));
    images = {
      x64: await makeImage(folder, "x64", "beta-1"),
      arm64: await makeImage(folder, "arm64", "pi-1", { layout: "netboot" }),
    };
    lan = await createLan();
    server = await startMayfly(lan, {
      folder,
      programs: { "ipxe-arm64.efi": join(files.ipxe121, "ipxe-arm64.efi") },
      hosts: { beta: images.x64.folder, pi: images.arm64.folder },
      config: hostsConfig(),
    });
  });
  afterAll(async () => {
    await server?.stop();
    await lan?.close();
    await rm(folder, { recursive: true, force: true });
  });

  test.each(ROWS)("%s", (_name, { firmware, flash, mac, httpBoot }) =>
    atOnce(async () => {
      const machine = await startMachine(lan, {
        firmware,
        mac,
        httpBoot,
        ...(flash === undefined ? {} : { flash: flash(files) }),
      });
      try {
        const image = images[firmware === "aavmf" ? "arm64" : "x64"];
        const { stamp, cmdline } = await waitForBoot(machine, WITHIN_MS);
        expect(stamp).toBe(image.stamp);
        expect(cmdline).toContain(`${image.params} lab.mac=yes`);
        const before = await machine.ended;
        expect(before.code).toBe(0);
      } finally {
        await machine.stop();
      }
    }),
  );
});

function hostsConfig(): string {
  const macs = (isArm: boolean) =>
    ROWS.filter(([, { firmware }]) => (firmware === "aavmf") === isArm).map(([, { mac }]) => `"${mac}"`);
  const host = (name: string, isArm: boolean) =>
    `  ${name}:\n    macs: [${macs(isArm).join(", ")}]\n    kernelParams: lab.mac=yes\n`;
  return `hosts:\n${host("beta", false)}${host("pi", true)}`;
}
