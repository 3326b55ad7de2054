/** The kernel, modules and busybox of the machine that we run on, where a user may read them. */

import { constants } from "node:fs";
import { access, readdir, readFile } from "node:fs/promises";
import { basename, join } from "node:path";
import type { LabLinux } from "./files.ts";
import { orderModules } from "./kernel-modules.ts";

// A virtual machine's network card, with its bus and the raw sockets that a DHCP client needs.
const MODULES = ["virtio_pci", "virtio_net", "af_packet"];

const BUSYBOX = ["/bin/busybox", "/usr/bin/busybox", "/usr/lib/busybox/busybox-static", "/usr/sbin/busybox"];

/**
 * Finds what a small Linux can be made of without fetching anything.
 *
 * @param root - where the system's files are, for tests
 * @returns `undefined` when there is no kernel with its modules, or no static busybox, that we may read
 */
export async function findHostLinux(root = "/"): Promise<LabLinux | undefined> {
  const busybox = await firstThat(
    BUSYBOX.map((path) => join(root, path)),
    isStatic,
  );
  if (busybox === undefined) return undefined;
  for (const version of await kernelVersions(root)) {
    const folder = join(root, "lib/modules", version);
    const kernel = await firstThat(
      [join(root, "boot", `vmlinuz-${version}`), join(folder, "vmlinuz")],
      readable,
    );
    if (kernel === undefined) continue;
    return { kernel, version, modules: await orderModules(folder, MODULES), busybox };
  }
  return undefined;
}

/** Newest first. */
async function kernelVersions(root: string): Promise<string[]> {
  const names = await readdir(join(root, "lib/modules")).catch(() => []);
  return names.map((name) => basename(name)).sort((a, b) => b.localeCompare(a, "en", { numeric: true }));
}

async function firstThat(
  paths: readonly string[],
  test: (path: string) => Promise<boolean>,
): Promise<string | undefined> {
  for (const path of paths) if (await test(path)) return path;
  return undefined;
}

async function readable(path: string): Promise<boolean> {
  return access(path, constants.R_OK).then(
    () => true,
    () => false,
  );
}

/** A program that names an interpreter needs libraries, which an initramfs of one file has not. */
async function isStatic(path: string): Promise<boolean> {
  const elf = await readFile(path).catch(() => undefined);
  return elf !== undefined && elf.length > 64 && !hasInterpreter(elf);
}

const PT_INTERP = 3;

function hasInterpreter(elf: Buffer): boolean {
  const table = Number(elf.readBigUInt64LE(0x20));
  const entryBytes = elf.readUInt16LE(0x36);
  const count = elf.readUInt16LE(0x38);
  return Array.from({ length: count }, (_, index) => elf.readUInt32LE(table + index * entryBytes)).includes(
    PT_INTERP,
  );
}
