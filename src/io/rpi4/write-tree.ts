/** Writes a boot folder beside the one in use, and puts it in its place at once. */

import { chmod, copyFile, mkdir, mkdtemp, open, readdir, realpath, rename, rm, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import type { PlacedFile } from "../../boot/rpi4/part.ts";
import { loadLibc } from "../libc.ts";

export interface WrittenTree {
  /** Where the folder that was in use is now; absent if there was none, or an empty one. */
  readonly previous?: string;
}

/** `AT_FDCWD` and `RENAME_EXCHANGE` of Linux. */
const AT_FDCWD = -100;
const RENAME_EXCHANGE = 2;

/**
 * Replaces `target` by a folder with these files. Whatever fails, the old one stays and nothing is left behind.
 *
 * Where `target` is a link, the folder that it leads to is replaced.
 *
 * @throws Error with what was tried
 */
export async function writeTree(target: string, files: readonly PlacedFile[]): Promise<WrittenTree> {
  const place = await realpath(target).catch(() => target);
  const parent = dirname(place);
  await mkdir(parent, { recursive: true });
  const fresh = await mkdtemp(join(parent, `.${basename(place)}.new-`)).catch((error: unknown) => {
    throw new Error(`nothing can be written into ${parent}: ${place} stays as it is`, { cause: error });
  });
  try {
    await writeFiles(fresh, files);
    await keepDotFiles(place, fresh);
    return await swap(fresh, place);
  } catch (error) {
    throw new Error(`the new folder could not be written: ${place} stays as it is`, { cause: error });
  } finally {
    await rm(fresh, { recursive: true, force: true });
  }
}

async function writeFiles(folder: string, files: readonly PlacedFile[]): Promise<void> {
  // A server of another user reads it.
  await chmod(folder, 0o755);
  for (const name of new Set(files.map(({ place }) => dirname(place)))) {
    await mkdir(join(folder, name), { recursive: true });
  }
  for (const { place, bytes } of files) {
    const file = await open(join(folder, place), "wx", 0o644);
    try {
      await file.writeFile(bytes);
      // Renamed before its content is on disk, a file can be empty after a power cut.
      await file.sync();
    } finally {
      await file.close();
    }
  }
}

/** Such as `.gitkeep`: not the Pi's, so not ours to remove. */
async function keepDotFiles(from: string, to: string): Promise<void> {
  for (const name of await readdir(from).catch(() => [])) {
    if (!name.startsWith(".")) continue;
    if ((await stat(join(from, name))).isFile()) await copyFile(join(from, name), join(to, name));
  }
}

async function swap(fresh: string, place: string): Promise<WrittenTree> {
  const before = await readdir(place).catch(() => undefined);
  if (before === undefined) {
    await rename(fresh, place);
    return {};
  }
  if (!(await exchange(fresh, place))) {
    const aside = `${fresh}.old`;
    await rename(place, aside);
    try {
      await rename(fresh, place);
    } catch (error) {
      await rename(aside, place);
      throw error;
    }
    await rename(aside, fresh);
  }
  if (before.every((name) => name.startsWith("."))) return {};
  return keepPrevious(fresh, join(dirname(place), `${basename(place)}.previous`));
}

/** The new folder is in use by now; that the one before is kept is a courtesy, and no reason to fail. */
async function keepPrevious(old: string, previous: string): Promise<WrittenTree> {
  try {
    await rm(previous, { recursive: true, force: true });
    await rename(old, previous);
    return { previous };
  } catch {
    return {};
  }
}

/** Swaps two folders so that there is never a moment without one; `false` where the system cannot. */
async function exchange(a: string, b: string): Promise<boolean> {
  const libc = await loadLibc();
  if (libc === undefined) return false;
  try {
    const call = libc.func(
      "int renameat2(int olddirfd, const char *oldpath, int newdirfd, const char *newpath, unsigned int flags)",
    );
    return call(AT_FDCWD, a, AT_FDCWD, b, RENAME_EXCHANGE) === 0;
  } catch {
    // An older C library does not have it.
    return false;
  }
}
