/** Makes bootable folders from a distribution's kernel and busybox, in the shapes that Mayfly's users build. */

import { createHash } from "node:crypto";
import { copyFile, mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { type CpioEntry, encodeCpio } from "./cpio.ts";
import type { LabLinux } from "./files.ts";
import { buildInitramfs } from "./initramfs.ts";

/** Which builder's layout the folder gets: `netboot` is nixpkgs', `cmdline` nixos-generators'. */
export type ImageLayout = "homestakeros" | "netboot" | "cmdline" | "plain";

export interface ImageOptions {
  /** Where to; made if it is not there. */
  readonly folder: string;
  readonly linux: LabLinux;
  readonly isa: "x64" | "arm64";
  /** What the booted system prints to tell which image it is; one word. */
  readonly stamp: string;
  readonly layout?: ImageLayout;
  /** Beside the serial console, which is always there. */
  readonly kernelParams?: string;
  /** Makes the initrd so much larger, by bytes that do not compress: for boots that take a while. */
  readonly padMb?: number;
  /** What else is in its initrd: `afterwards`, say, which it runs in the end. */
  readonly more?: readonly CpioEntry[];
}

/** Writes the folder; some 15 MB, nearly all of it the kernel. */
export async function writeImage(options: ImageOptions): Promise<void> {
  const { folder, layout = "homestakeros", isa } = options;
  const names = fileNames(layout, isa);
  const params = kernelParams(options);
  await mkdir(folder, { recursive: true });
  await copyFile(options.linux.kernel, join(folder, names.kernel));
  await writeFile(join(folder, names.initrd), await buildInitrd(options));
  for (const [name, content, mode] of textFiles(layout, names, params)) {
    await writeFile(join(folder, name), content, { mode });
  }
}

/** What the booted system's command line holds for this image, in this order. */
export function kernelParams({ isa, kernelParams: own, stamp }: ImageOptions): string {
  const serial = isa === "arm64" ? "console=ttyAMA0" : "console=ttyS0";
  // Level 6 is the least at which the kernel's first line is shown.
  return [serial, "loglevel=6", "panic=1", `lab.image=${stamp}`, ...(own === undefined ? [] : [own])].join(
    " ",
  );
}

interface FileNames {
  readonly kernel: string;
  readonly initrd: string;
}

function fileNames(layout: ImageLayout, isa: "x64" | "arm64"): FileNames {
  switch (layout) {
    case "homestakeros": // the name stays, whatever the instruction set
      return { kernel: "bzImage", initrd: "initrd.zst" };
    case "cmdline":
      return { kernel: "kernel", initrd: "initrd" };
    case "netboot":
    case "plain":
      return { kernel: isa === "arm64" ? "Image" : "bzImage", initrd: "initrd" };
  }
}

type TextFile = readonly [name: string, content: string, mode: number];

function textFiles(layout: ImageLayout, { kernel, initrd }: FileNames, params: string): TextFile[] {
  switch (layout) {
    case "homestakeros":
      return [
        ["netboot.ipxe", homestakerScript(kernel, initrd), 0o644],
        ["variables.ipxe", `#!ipxe\nset kernel-params initrd=${initrd} ${params}\n`, 0o644],
        ["kexec-boot", kexecBootScript(kernel, initrd, params), 0o755],
      ];
    case "netboot":
      return [
        [
          "netboot.ipxe",
          `#!ipxe\nkernel ${kernel} initrd=${initrd} ${params} \${cmdline}\ninitrd ${initrd}\nboot\n`,
          0o644,
        ],
      ];
    case "cmdline":
      return [["cmdline", `${params}\n`, 0o644]];
    case "plain":
      return [];
  }
}

function homestakerScript(kernel: string, initrd: string): string {
  return [
    "#!ipxe",
    "# Use the cmdline variable to allow the user to specify custom kernel params",
    "# when chainloading this script from other iPXE scripts like netboot.xyz",
    "chain --autofree variables.ipxe",
    `kernel ${kernel} \${kernel-params} \${cmdline}`,
    `initrd ${initrd}`,
    "boot",
    "",
  ].join("\n");
}

/** HomestakerOS' own script, which loads the files that lie beside it. */
export function kexecBootScript(kernel: string, initrd: string, params: string): string {
  return [
    "#!/usr/bin/env bash",
    "if ! kexec -v >/dev/null 2>&1; then",
    '  echo "kexec not found: please install kexec-tools" 2>&1',
    "  exit 1",
    "fi",
    `SCRIPT_DIR=$( cd -- "$( dirname -- "\${BASH_SOURCE[0]}" )" &> /dev/null && pwd )`,
    `kexec --load \${SCRIPT_DIR}/${kernel} \\`,
    `  --initrd=\${SCRIPT_DIR}/${initrd} \\`,
    `  --command-line "${params}"`,
    "systemctl kexec",
    "",
  ].join("\n");
}

async function buildInitrd(options: ImageOptions): Promise<Uint8Array> {
  const archive = await buildInitramfs(options.linux, options.stamp, options.more);
  const pad = options.padMb === undefined ? undefined : encodePad(options.padMb, options.stamp);
  // The kernel unpacks one archive after the other; the pad comes first, uncompressed.
  return pad === undefined ? gzipSync(archive) : Buffer.concat([pad, gzipSync(archive)]);
}

const MIB = 1024 * 1024;

function encodePad(sizeMb: number, stamp: string): Uint8Array {
  const content = createHash("shake256", { outputLength: sizeMb * MIB })
    .update(stamp)
    .digest();
  return encodeCpio([{ type: "file", path: "pad", content, mode: 0o644 }]);
}
