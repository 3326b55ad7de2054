/** Finds the iPXE binaries of this machine: the operator's own folder first, then those of the distributions. */

import { open, readdir, readFile, realpath, stat } from "node:fs/promises";
import { join } from "node:path";
import { parseDistribution } from "../boot/program/missing-programs.ts";
import {
  choosePrograms,
  mayBeOwnProgram,
  mayBeProgram,
  type ProgramChoice,
  type ProgramFile,
} from "../boot/program/program-choice.ts";
import { decodePeMachine, isPe } from "../wire/pe/machine.ts";
import { type FolderWatcher, watchFolder } from "./folder-watcher.ts";

/**
 * Where packages put iPXE: Debian and Ubuntu, Fedora and Arch. `/boot` has Debian 12's `ipxe.efi` once more.
 * NixOS has no such folder: its package is linked into `boot-media/ipxe/`, or named by `ipxe:`.
 */
const SYSTEM_FOLDERS = ["/usr/lib/ipxe", "/usr/share/ipxe", "/boot"];

/** A PE header lies within the first page of any real program. */
const HEAD_BYTES = 4096;

export interface ProgramPlaces {
  /** `boot-media/ipxe`, which is also watched. */
  readonly ownFolder: string;
  /** Those of the configuration. */
  readonly ipxeFolders: readonly string[];
  /** Those of distributions; a test names its own. */
  readonly systemFolders?: readonly string[];
}

/** Looks into every folder and one level of folders below. What cannot be read does not count. */
export async function findBootPrograms(places: ProgramPlaces): Promise<ProgramChoice> {
  const { ownFolder, ipxeFolders, systemFolders = SYSTEM_FOLDERS } = places;
  const folders = await Promise.all([
    ...[ownFolder, ...ipxeFolders].map((folder) => filesOf(folder, mayBeOwnProgram)),
    ...systemFolders.map((folder) => filesOf(folder, mayBeProgram)),
  ]);
  const osRelease = await readFile("/etc/os-release", "utf8").catch(() => "");
  return choosePrograms(folders, parseDistribution(osRelease));
}

/** Calls `onChange` with what is found anew whenever something changes in the operator's own folder. */
export async function watchBootPrograms(
  places: ProgramPlaces,
  onChange: (choice: ProgramChoice) => void,
  onError: (error: unknown) => void,
): Promise<FolderWatcher> {
  return watchFolder(places.ownFolder, {
    depth: 1,
    onChange: async () => onChange(await findBootPrograms(places)),
    onError,
  });
}

async function filesOf(folder: string, mayBe: (name: string) => boolean): Promise<ProgramFile[]> {
  const names = (await readdir(folder).catch(() => [])).sort();
  const found = await Promise.all(
    names.map(async (name) => {
      if (mayBe(name)) return [await programFile(folder, name)];
      // In /boot lies what has nothing to do with us, and a great deal of it.
      if (folder === "/boot" || name.includes(".")) return [];
      const below = (await readdir(join(folder, name)).catch(() => [])).sort();
      return Promise.all(below.filter(mayBe).map((each) => programFile(folder, join(name, each))));
    }),
  );
  return found.flat().filter((file) => file !== undefined);
}

async function programFile(folder: string, name: string): Promise<ProgramFile | undefined> {
  try {
    const path = await realpath(join(folder, name));
    const { size } = await stat(path);
    const machine = machineOf(await headOf(path));
    return { path, name, sizeBytes: size, ...(machine === undefined ? {} : { machine }) };
  } catch {
    return undefined;
  }
}

/** A file that starts as an EFI program and then is none was not copied whole: it counts as no EFI program. */
function machineOf(head: Uint8Array): number | undefined {
  try {
    return isPe(head) ? decodePeMachine(head) : undefined;
  } catch {
    return undefined;
  }
}

async function headOf(path: string): Promise<Uint8Array> {
  const file = await open(path);
  try {
    const { buffer, bytesRead } = await file.read(new Uint8Array(HEAD_BYTES), 0, HEAD_BYTES, 0);
    return buffer.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}
