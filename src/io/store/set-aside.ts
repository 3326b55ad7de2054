/** Puts a state that cannot be used out of the way, whole, so that a server can begin anew. */

import { rename, stat } from "node:fs/promises";
import { join } from "node:path";
import { STORE_FILE, STORE_LOCK } from "./sqlite-store.ts";
import { storeError } from "./store-error.ts";
import { lockStore } from "./store-lock.ts";

/** The log first: the file without its log is an older state, the log without its file is nothing. */
const PARTS = ["-wal", "-shm", ""] as const;

/**
 * Renames the database and its log; nothing of them is changed or removed.
 *
 * @param stamp - what the new names end in
 * @returns the database's new name; `undefined` where there is none
 * @throws {@link import("./store-error.ts").StoreError} `locked` while a server has it
 */
export async function setStateAside(folder: string, stamp: string): Promise<string | undefined> {
  const file = join(folder, STORE_FILE);
  if ((await stat(file).catch(() => undefined)) === undefined) return undefined;
  try {
    const unlock = await lockStore(join(folder, STORE_LOCK));
    try {
      const aside = `${file}.aside-${stamp}`;
      for (const part of PARTS) {
        await rename(`${file}${part}`, `${aside}${part}`).catch((error: NodeJS.ErrnoException) => {
          if (part === "" || error.code !== "ENOENT") throw error;
        });
      }
      return aside;
    } finally {
      unlock();
    }
  } catch (error) {
    throw storeError(file, error);
  }
}
