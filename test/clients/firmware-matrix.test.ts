/** Each firmware of Debian 12 and 13 boots by each way that it has, beside another DHCP server and without one. */

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createLimiter } from "../../src/io/images/limiter.ts";
import { ensureLabFiles, type Flash, type LabFiles } from "../../src/lab/files.ts";
import { type Firmware, startMachine } from "../../src/lab/machine.ts";
import { createLan, type Lan } from "../../src/lab/network.ts";
import type { Program } from "../../src/lab/program.ts";
import { makeBootFileImage } from "../support/boot-file-images.ts";
import { makeImage, type TestImage, waitForBoot } from "../support/boot-images.ts";
import { startMayfly } from "../support/mayfly-server.ts";
import { lacks } from "../support/needs.ts";

/** On two cores two machines boot in little more time than one. */
const atOnce = createLimiter(2);
const WITHIN_MS = 120_000;

interface Kind {
  readonly name: string;
  readonly firmware: Firmware;
  readonly flash?: (files: LabFiles) => Flash;
}

const BIOS: Kind = { name: "a BIOS with iPXE in its network card", firmware: "bios" };
const OVMF_12: Kind = { name: "OVMF of Debian 12", firmware: "ovmf", flash: ({ debian12 }) => debian12.ovmf };
const OVMF_13: Kind = {
  name: "OVMF of Debian 13 (Q14)",
  firmware: "ovmf",
  flash: ({ debian13 }) => debian13.ovmf,
};
const AAVMF_12: Kind = {
  name: "AAVMF of Debian 12",
  firmware: "aavmf",
  flash: ({ debian12 }) => debian12.aavmf,
};
const AAVMF_13: Kind = {
  name: "AAVMF of Debian 13 (Q14)",
  firmware: "aavmf",
  flash: ({ debian13 }) => debian13.aavmf,
};

const U_BOOT: Kind = {
  name: "U-Boot of Debian 12",
  firmware: "u-boot",
  flash: ({ debian12 }) => debian12.uBoot,
};

type ImageKind = "kernel" | "uki" | "iso";
const IMAGE_NAMES = { kernel: "", uki: ", a UKI", iso: ", an ISO image" } as const;

interface Row {
  readonly kind: Kind;
  readonly httpBoot: boolean;
  readonly image: ImageKind;
}

const KERNELS: readonly Row[] = [
  { kind: BIOS, httpBoot: false, image: "kernel" },
  ...[OVMF_12, OVMF_13, AAVMF_12, AAVMF_13].flatMap((kind) => [
    { kind, httpBoot: false, image: "kernel" } as const,
    { kind, httpBoot: true, image: "kernel" } as const,
  ]),
];

const BOOT_FILES: readonly Row[] = [
  { kind: OVMF_12, httpBoot: true, image: "uki" },
  { kind: OVMF_13, httpBoot: true, image: "iso" },
  { kind: AAVMF_12, httpBoot: true, image: "iso" },
  { kind: AAVMF_13, httpBoot: true, image: "uki" },
  { kind: OVMF_12, httpBoot: false, image: "uki" },
  { kind: OVMF_12, httpBoot: false, image: "iso" },
];

interface Mode {
  readonly dhcp: "proxy" | "authoritative";
  readonly rows: readonly Row[];
}

const MODES: readonly (readonly [string, Mode])[] = [
  ["beside another DHCP server", { dhcp: "proxy", rows: [...KERNELS, ...BOOT_FILES] }],
  [
    "with no other DHCP server",
    { dhcp: "authoritative", rows: [...KERNELS, { kind: U_BOOT, httpBoot: false, image: "kernel" }] },
  ],
];

const SUBNET = "subnets: [{ subnet: 10.77.0.0/24, pools: [10.77.0.100-10.77.0.150], router: 10.77.0.1 }]";

function titleOf({ kind, httpBoot, image }: Row): string {
  return `${kind.name} boots by ${httpBoot ? "HTTP Boot" : kind === U_BOOT ? "its script" : "PXE"}${IMAGE_NAMES[image]}`;
}

function macOf(row: Row, rows: readonly Row[]): string {
  // This U-Boot has an address of its own, whatever its network card has.
  if (row.kind === U_BOOT) return "52:52:52:52:52:52";
  return `52:54:00:77:03:${rows.indexOf(row).toString(16).padStart(2, "0")}`;
}

/** One host for each machine that has an image of its own kind. */
function hostOf({ kind, image }: Row): string {
  const isArm = kind.firmware === "aavmf" || kind.firmware === "u-boot";
  return `${image}-${isArm ? "arm64" : "x64"}`;
}

const lacking = lacks(
  ...([
    "lan",
    "lab-files",
    "dnsmasq",
    "qemu-system-x86_64",
    "qemu-system-aarch64",
    "xorriso",
    "mformat",
  ] as const),
);

describe.skipIf(lacking).concurrent.each(MODES)("%s", (_mode, { dhcp, rows }) => {
  let files: LabFiles;
  let folder: string;
  let lan: Lan;
  let server: Program;
  let images: ReadonlyMap<string, TestImage>;

  beforeAll(async () => {
    files = await ensureLabFiles();
    folder = await mkdtemp(join(tmpdir(), "mayfly-matrix-"));
    images = await makeImages(folder);
    lan = await createLan({ dhcp: dhcp === "proxy" });
    server = await startMayfly(lan, {
      folder,
      programs: { "ipxe-arm64.efi": join(files.ipxe121, "ipxe-arm64.efi") },
      hosts: Object.fromEntries([...images].map(([name, image]) => [name, image.folder])),
      config: [`dhcp: ${dhcp}`, ...(dhcp === "proxy" ? [] : [SUBNET]), hostsConfig(rows)].join("\n"),
    });
  });
  afterAll(async () => {
    await server?.stop();
    await lan?.close();
    await rm(folder, { recursive: true, force: true });
  });

  test.each(rows.map((row) => [titleOf(row), row] as const))("%s", (_title, row) =>
    atOnce(async () => {
      const { firmware, flash } = row.kind;
      const machine = await startMachine(lan, {
        firmware,
        mac: macOf(row, rows),
        httpBoot: row.httpBoot,
        memoryMb: 768,
        ...(flash === undefined ? {} : { flash: flash(files) }),
      });
      try {
        const image = images.get(hostOf(row));
        const { stamp, cmdline } = await waitForBoot(machine, WITHIN_MS);
        expect(stamp).toBe(image?.stamp);
        expect(cmdline).toMatch(expectedCommandLine(row, image?.params ?? ""));
        // What was told where to report did so, whatever its firmware.
        const isUp = new RegExp(`${hostOf(row)} \\(${macOf(row, rows)}\\) is up with `);
        if (cmdline.includes("mayfly.checkin=")) await server.waitFor(isUp, WITHIN_MS);
        await machine.ended;
      } finally {
        await machine.stop();
      }
    }),
  );

  test("the operator is told once which parameters do not reach whom", () => {
    const told = server.text().match(/the kernelParams of uki-x64/g);
    expect(told ?? []).toHaveLength(dhcp === "proxy" ? 1 : 0);
  });
});

/** What the image's builder gave, then what the host adds, where there is a way to pass it on. */
function expectedCommandLine({ httpBoot, image }: Row, params: string): RegExp {
  const isPassed = image === "kernel" || (image === "uki" && !httpBoot);
  return isPassed
    ? new RegExp(`${params} mayfly\\.checkin=\\S+ lab\\.host=yes\\s*$`)
    : new RegExp(`^${params}$`);
}

async function makeImages(folder: string): Promise<ReadonlyMap<string, TestImage>> {
  const images = new Map<string, TestImage>();
  for (const isa of ["x64", "arm64"] as const) {
    images.set(`kernel-${isa}`, await makeImage(folder, isa, `kernel-${isa}`, { layout: "netboot" }));
    for (const type of ["uki", "iso"] as const) {
      images.set(`${type}-${isa}`, await makeBootFileImage(folder, type, isa, `${type}-${isa}`));
    }
  }
  return images;
}

function hostsConfig(rows: readonly Row[]): string {
  const hosts = [...new Set(rows.map(hostOf))].map((name) => {
    const macs = rows.filter((row) => hostOf(row) === name).map((row) => `"${macOf(row, rows)}"`);
    return `  ${name}:\n    macs: [${macs.join(", ")}]\n    kernelParams: lab.host=yes\n`;
  });
  return `hosts:\n${hosts.join("")}`;
}
