/** A Linux of the lab that runs and can load another one: kexec-tools with their libraries in its initramfs. */

import { execFile } from "node:child_process";
import { readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { findTool } from "../../src/io/system/packages.ts";
import type { CpioEntry } from "../../src/lab/cpio.ts";
import { ensureLabFiles } from "../../src/lab/files.ts";
import { buildInitramfs } from "../../src/lab/initramfs.ts";
import { type Machine, startMachine } from "../../src/lab/machine.ts";
import type { Lan } from "../../src/lab/network.ts";

const run = promisify(execFile);

/** This machine's kexec, where it lies here, with the libraries that it names. */
export async function kexecFiles(): Promise<CpioEntry[]> {
  const kexec = findTool("kexec") ?? "/usr/sbin/kexec";
  const { stdout } = await run("ldd", [kexec]);
  const paths = [kexec, ...[...stdout.matchAll(/(\/\S+) \(0x/g)].map(([, path = ""]) => path)];
  const files = await Promise.all(paths.map(async (path) => programFile(path, await readFile(path))));
  const folders = new Set(paths.flatMap(foldersOf));
  return [
    ...[...folders].map((path) => ({ type: "folder", path }) as const),
    { type: "folder", path: "run" },
    ...files,
  ];
}

export function programFile(path: string, content: Uint8Array | string): CpioEntry {
  const bytes = typeof content === "string" ? new TextEncoder().encode(content) : content;
  return { type: "file", path: path.slice(1), content: bytes, mode: 0o755 };
}

/** Those above a path, the outermost first; `/bin` is there already. */
function foldersOf(path: string): string[] {
  const folder = dirname(path).slice(1);
  const parts = folder.split("/");
  return folder === "bin" ? [] : parts.map((_, index) => parts.slice(0, index + 1).join("/"));
}

/** A rescue system: no image of any host, started from a disk of its own; runs `commands` and switches off. */
export async function startRescueSystem(lan: Lan, mac: string, commands: string): Promise<Machine> {
  const { amd64 } = await ensureLabFiles();
  const initrd = join(lan.scratch, `rescue-${mac.replaceAll(":", "")}`);
  const afterwards = programFile("/afterwards", `mount -t tmpfs tmpfs /run\n${commands}\n`);
  await writeFile(initrd, await buildInitramfs(amd64, "rescue", [...(await kexecFiles()), afterwards]));
  const linux = { kernel: amd64.kernel, initrd, commandLine: "console=ttyS0 loglevel=4 panic=1" };
  return startMachine(lan, { firmware: "bios", mac, linux, name: "rescue system" });
}
