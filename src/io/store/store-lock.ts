/**
 * Keeps a second server away from a state folder.
 *
 * The lock is SQLite's own on an empty database, which is the kernel's on a file: it goes when the
 * process goes, however that ends, so there is no stale one to clean up. It is not the lock of the
 * store itself, which readers share with a running server.
 */

import { statSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { basename } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { storeTrouble } from "./store-error.ts";

const SQLITE_BUSY = 5;

/**
 * Takes the lock.
 *
 * @param file - made if it is not there, and never removed
 * @returns a function that lets go of it
 * @throws {@link import("./store-error.ts").StoreError} `locked`, naming the process that has it where this one may see that;
 * anything else as SQLite threw it
 */
export async function lockStore(file: string): Promise<() => void> {
  const database = new DatabaseSync(file, { timeout: 0 });
  try {
    database.exec("PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE");
    return () => database.close();
  } catch (error) {
    database.close();
    if (!isBusy(error)) throw error;
    const pid = lockHolder(await readFile("/proc/locks", "utf8").catch(() => ""), statSync(file).ino);
    const who = pid === undefined ? "a process that cannot be seen from here" : `process ${pid}`;
    throw storeTrouble("locked", file, `${who} holds ${basename(file)}`);
  }
}

function isBusy(error: unknown): boolean {
  return error instanceof Error && "errcode" in error && (Number(error.errcode) & 0xff) === SQLITE_BUSY;
}

/**
 * Reads `/proc/locks`: the process that has a file locked for writing.
 *
 * The inode alone tells: the device number there is not always the one that `stat` gives.
 *
 * @returns `undefined` also for one in another container, which the kernel does not name
 */
export function lockHolder(locks: string, inode: number): number | undefined {
  for (const line of locks.split("\n")) {
    const [, kind, , access, pid, place] = line.trim().split(/\s+/);
    if (kind === "POSIX" && access === "WRITE" && place?.split(":")[2] === String(inode)) return Number(pid);
  }
  return undefined;
}
