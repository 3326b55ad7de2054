/** Keeps the lock file of a boot folder: read, and replaced as a whole. */

import { readFile, rename, rm, writeFile } from "node:fs/promises";
import { EMPTY_LOCK, formatLock, type Lock, parseLock } from "../../boot/rpi4/lock.ts";
import { PartError } from "./part-error.ts";

/** Beside the folder, not in it, so that no Pi is served it. */
export function lockPath(folder: string): string {
  return `${folder}.lock.json`;
}

/** @throws {@link PartError} for one that was damaged: what it knew cannot be made up for by guessing */
export async function readLock(folder: string): Promise<Lock> {
  const path = lockPath(folder);
  const text = await readFile(path, "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return undefined;
    throw error;
  });
  if (text === undefined) return EMPTY_LOCK;
  try {
    return parseLock(text);
  } catch (error) {
    throw new PartError(
      `${path}: it is damaged; get it back from your backup, or remove it and compare the hashes anew`,
      {
        cause: error,
      },
    );
  }
}

export async function writeLock(folder: string, lock: Lock): Promise<void> {
  const path = lockPath(folder);
  const half = `${path}.${process.pid}`;
  try {
    await writeFile(half, formatLock(lock));
    await rename(half, path);
  } catch (error) {
    await rm(half, { force: true });
    throw new Error(`${path} could not be written`, { cause: error });
  }
}
