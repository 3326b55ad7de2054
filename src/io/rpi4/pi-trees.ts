/**
 * Knows the boot folders of Raspberry Pis, `rpi4/` and `hosts/NAME.rpi4/`, and keeps the world's list of their
 * files current.
 *
 * Any event means "look again": `assemble` swaps the whole folder, people copy single files into it.
 */

import type { Dirent } from "node:fs";
import { readdir, realpath, stat } from "node:fs/promises";
import { join } from "node:path";
import type { HostName } from "../../boot/host.ts";
import { isHostName } from "../../boot/hosts.ts";
import type { PiFile, PiTree, PiTrees } from "../../boot/rpi4/pi-tree.ts";
import { type FolderWatches, watchFolders } from "../images/folder-watches.ts";
import type { World } from "../world.ts";

export interface PiFolders {
  close(): Promise<void>;
}

/** A host's own folder. */
const OWN = /^(.+)\.rpi4$/;
/** Copies of many files are looked at once, when it is still again. */
const QUIET_MS = 80;
/** What no event tells: a network mount, a link's target. */
const RECHECK_MS = 15_000;
/** More than raspberrypi/firmware's `boot` has. */
const MAX_FILES = 4096;
const MAX_DEPTH = 8;

/** Reads them once; resolves when the world knows them. */
export async function readPiTrees(mediaFolder: string): Promise<PiTrees> {
  return (await look(mediaFolder)).trees;
}

/** Reads them now, and again whenever something changes. */
export async function followPiTrees(world: World, mediaFolder: string): Promise<PiFolders> {
  let last = "";
  let timer: NodeJS.Timeout | undefined;
  let running: Promise<void> | undefined;
  let isDirty = false;
  let isClosed = false;

  const watches: FolderWatches = watchFolders({
    changed: (folder, name) => {
      if (isMeant(mediaFolder, folder, name)) touch();
    },
    // What cannot be watched is found by looking every so often.
    failed: () => undefined,
  });
  async function take(): Promise<void> {
    const { trees, folders } = await look(mediaFolder);
    if (isClosed) return;
    watches.want(folders);
    const text = textOf(trees);
    if (text === last) return;
    last = text;
    world.change([{ type: "pi-trees", trees }]);
  }
  async function run(): Promise<void> {
    while (isDirty && !isClosed) {
      isDirty = false;
      await watches.verify();
      await take().catch((error: unknown) => world.record({ type: "bug", via: "rpi4", error }));
    }
    running = undefined;
  }
  function fire(): void {
    timer = undefined;
    isDirty = true;
    running ??= run();
  }
  function touch(): void {
    if (!isClosed) timer ??= setTimeout(fire, QUIET_MS);
  }
  await take();
  const recheck = setInterval(fire, RECHECK_MS);
  recheck.unref();
  return {
    async close() {
      isClosed = true;
      clearInterval(recheck);
      clearTimeout(timer);
      await running;
      await watches.close();
    },
  };
}

/** In the media folder and in `hosts/` much happens that has nothing to do with us. */
function isMeant(mediaFolder: string, folder: string, name: string | undefined): boolean {
  if (name === undefined) return true;
  if (folder === mediaFolder) return name === "rpi4" || name === "hosts";
  return folder === join(mediaFolder, "hosts") ? OWN.test(name) : true;
}

function textOf({ shared, own }: PiTrees): string {
  const files = (tree: PiTree) => [...tree].map(([place, file]) => [place, file.path, file.stamp]);
  return JSON.stringify([files(shared), [...own].map(([host, tree]) => [host, files(tree)])]);
}

interface Look {
  readonly trees: PiTrees;
  /** All folders that count, to be watched. */
  readonly folders: ReadonlySet<string>;
}

async function look(mediaFolder: string): Promise<Look> {
  const hosts = join(mediaFolder, "hosts");
  const folders = new Set([mediaFolder, hosts]);
  const shared = await readTree(join(mediaFolder, "rpi4"), folders);
  const own = new Map<HostName, PiTree>();
  for (const name of (await readdir(hosts).catch(() => [])).sort()) {
    const host = OWN.exec(name)?.[1];
    if (host !== undefined && isHostName(host)) own.set(host, await readTree(join(hosts, name), folders));
  }
  return { trees: { shared, own }, folders };
}

/** Follows links, which nix's results consist of. */
async function readTree(folder: string, folders: Set<string>): Promise<PiTree> {
  const tree = new Map<string, PiFile>();
  await walk(folder, "", { tree, folders }, 0);
  return tree;
}

interface Walk {
  readonly tree: Map<string, PiFile>;
  readonly folders: Set<string>;
}

async function walk(folder: string, prefix: string, walked: Walk, depth: number): Promise<void> {
  const entries: Dirent[] = await readdir(folder, { withFileTypes: true }).catch(() => []);
  // What is swapped by renaming is found by its own name, not by where a link led.
  walked.folders.add(folder);
  for (const { name } of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    // Version control, and folders in the making.
    if (name.startsWith(".") || walked.tree.size >= MAX_FILES) continue;
    const path = join(folder, name);
    const found = await stat(path, { bigint: true }).catch(() => undefined);
    if (found?.isDirectory() === true) {
      if (depth < MAX_DEPTH) await walk(path, `${prefix}${name}/`, walked, depth + 1);
    } else if (found?.isFile() === true) {
      const { dev, ino, size, mtimeNs } = found;
      const real = await realpath(path).catch(() => path);
      const stamp = `${dev}:${ino}:${size}:${mtimeNs}`;
      walked.tree.set(`${prefix}${name}`, { path: real, sizeBytes: Number(size), stamp });
    }
  }
}
