/** Reads an ISO image's folders and boot menu, and makes what starts its Linux without a drive. */

import type { BootFile, Kernel } from "../../boot/generation.ts";
import {
  DISC_FILE,
  DISC_MENUS,
  type DiscEntry,
  judgeDisc,
  readDiscMenu,
} from "../../boot/image/disc-entry.ts";
import { WireError } from "../../wire/error.ts";
import {
  decodeFolder,
  type Extent,
  type IsoEntry,
  type IsoVolume,
  SECTOR_BYTES,
} from "../../wire/iso/volume.ts";
import { frameCpioFile } from "../../wire/linux/cpio.ts";
import { decodeKernelHeader, KERNEL_HEADER_BYTES } from "../../wire/linux/kernel-header.ts";
import { readRange } from "./quick-fs.ts";
import type { FoundFile } from "./shared-file.ts";

/** A kernel and an initrd, as files that there are not: parts of the image, the whole of it among them. */
export interface DiscLinux {
  readonly kernel: Kernel;
  /** Its name. */
  readonly initrd: string;
  readonly kernelParams: string;
  readonly files: ReadonlyMap<string, FoundFile>;
}

/** A folder that has more is none that is looked for, or it is not worth its reading. */
const FOLDER_BYTES = 64 * 1024;
const MENU_BYTES = 256 * 1024;

/**
 * @param name - of the image; the names of its parts begin with it
 * @returns why it can only be started from a drive; `undefined` where nothing is known of what the disc starts
 * @throws what the file system throws
 */
export async function readDiscLinux(
  name: string,
  found: FoundFile,
  { root }: IsoVolume,
): Promise<DiscLinux | NonNullable<BootFile["needsDrive"]> | undefined> {
  const entry = await readEntry(found.path, root);
  const verdict = entry === undefined ? undefined : judgeDisc(entry);
  if (entry === undefined || verdict === undefined || verdict.type === "unknown") return undefined;
  if (verdict.type === "needs-drive") return "looks-for-it";
  const [kernel, initrd] = await Promise.all(
    [entry.kernel, entry.initrd].map((path) => findOnDisc(found.path, root, path)),
  );
  if (kernel === undefined || initrd === undefined || kernel.isFolder || initrd.isFolder) return undefined;
  const file = await withDisc(found, initrd.extent);
  if (file === undefined) return "too-large";
  const names = { kernel: `${name}.linux/bzImage`, initrd: `${name}.linux/initrd` };
  return {
    kernel: await kernelOf(names.kernel, found.path, kernel.extent),
    initrd: names.initrd,
    kernelParams: verdict.kernelParams,
    files: new Map([
      [names.kernel, { ...found, parts: [rangeOf(kernel.extent)] }],
      [names.initrd, file],
    ]),
  };
}

/**
 * The disc's own initrd, then an archive with the disc: the kernel unpacks one after the other.
 *
 * @returns `undefined` where the disc has no room in such an archive
 */
async function withDisc(found: FoundFile, initrd: Extent): Promise<FoundFile | undefined> {
  const { sizeBytes } = found.stamp;
  try {
    const { head, tail } = frameCpioFile(DISC_FILE, sizeBytes);
    const padding = new Uint8Array(-initrd.sizeBytes & 3);
    return {
      ...found,
      parts: [
        rangeOf(initrd),
        { type: "bytes", bytes: padding },
        { type: "bytes", bytes: head },
        { type: "range", fromByte: 0, sizeBytes },
        { type: "bytes", bytes: tail },
      ],
    };
  } catch (error) {
    if (error instanceof WireError) return undefined;
    throw error;
  }
}

function rangeOf({ sector, sizeBytes }: Extent) {
  return { type: "range", fromByte: sector * SECTOR_BYTES, sizeBytes } as const;
}

async function kernelOf(file: string, path: string, { sector, sizeBytes }: Extent): Promise<Kernel> {
  const bytes = await readRange(path, sector * SECTOR_BYTES, Math.min(sizeBytes, KERNEL_HEADER_BYTES));
  const header = decodeKernelHeader(bytes);
  const { isa, version, format } = header ?? {};
  return {
    file,
    ...(isa === undefined ? {} : { isa }),
    ...(version === undefined ? {} : { version }),
    ...(format === undefined ? {} : { format }),
  };
}

async function readEntry(path: string, root: Extent): Promise<DiscEntry | undefined> {
  for (const menu of DISC_MENUS) {
    const file = await findOnDisc(path, root, menu);
    if (file === undefined || file.isFolder) continue;
    const { sector, sizeBytes } = file.extent;
    const bytes = await readRange(path, sector * SECTOR_BYTES, Math.min(sizeBytes, MENU_BYTES));
    const entry = readDiscMenu(menu, new TextDecoder().decode(bytes));
    if (entry !== undefined) return entry;
  }
  return undefined;
}

/** Follows a path from a folder of the disc; where nothing has just this name, case does not count. */
export async function findOnDisc(
  image: string,
  root: Extent,
  path: string,
): Promise<Pick<IsoEntry, "isFolder" | "extent"> | undefined> {
  let at: Pick<IsoEntry, "isFolder" | "extent"> = { isFolder: true, extent: root };
  for (const part of path.split("/")) {
    if (!at.isFolder) return undefined;
    const entries = await listDiscFolder(image, at.extent);
    const next =
      entries.find(({ posixName }) => posixName === part) ?? entries.find((entry) => isCalled(entry, part));
    if (next === undefined) return undefined;
    at = next;
  }
  return at;
}

function isCalled({ name, posixName }: IsoEntry, wanted: string): boolean {
  const upper = wanted.toUpperCase();
  return posixName?.toUpperCase() === upper || name.toUpperCase() === upper;
}

export async function listDiscFolder(image: string, { sector, sizeBytes }: Extent): Promise<IsoEntry[]> {
  return decodeFolder(await readRange(image, sector * SECTOR_BYTES, Math.min(sizeBytes, FOLDER_BYTES)));
}
