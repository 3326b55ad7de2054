/**
 * The store on a disk: one table in an SQLite database, which survives a crash and a power cut.
 *
 * SQLite appends each transaction to its write-ahead log without waiting for the disk, which takes
 * microseconds; then the log is flushed by `fdatasync` in libuv's threads, which takes as long as the
 * disk does. Meanwhile everything else goes on, and puts that arrive share the next transaction.
 *
 * @see docs/adr/0006-one-log-two-steps.md
 */

import { type FileHandle, open } from "node:fs/promises";
import { join } from "node:path";
import type { DatabaseSync } from "node:sqlite";
import { setImmediate } from "node:timers/promises";
import { makeStateFolder } from "./state-folder.ts";
import type { Store, StoredEntry, StoreEntry, StoreRange } from "./store.ts";
import { storeError, storeTrouble } from "./store-error.ts";
import { isStoreThere, makeStoreFile, openToRead, openToWrite } from "./store-file.ts";
import { lockStore } from "./store-lock.ts";

export const STORE_FILE = "mayfly.sqlite";
export const STORE_LOCK = "mayfly.lock";

/** A store that is only read. */
export type StoreReader = Omit<Store, "put">;

/**
 * Opens the store in a folder, both made if they are not there, and keeps other servers out.
 *
 * @throws {@link StoreError}
 */
export async function openStore(folder: string): Promise<Store> {
  const file = join(folder, STORE_FILE);
  try {
    await makeStateFolder(folder);
    await makeStoreFile(file);
    const unlock = await lockStore(join(folder, STORE_LOCK));
    try {
      const database = openToWrite(file);
      return createStore(file, database, await open(`${file}-wal`, "r+"), unlock);
    } catch (error) {
      unlock();
      throw error;
    }
  } catch (error) {
    throw storeError(file, error);
  }
}

/**
 * Opens the store in a folder for reading, whether or not a server has it; never changes what is in it.
 *
 * @returns `undefined` where there is none
 * @throws {@link StoreError}
 */
export async function readStore(folder: string): Promise<StoreReader | undefined> {
  const file = join(folder, STORE_FILE);
  try {
    if (!(await isStoreThere(file))) return undefined;
    const database = openToRead(file);
    return {
      ...readerOf(file, database),
      close: async () => database.close(),
    };
  } catch (error) {
    throw storeError(file, error);
  }
}

/** A call of `put` that waits. */
interface Put {
  readonly rows: readonly Row[];
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

interface Row {
  readonly kind: string;
  readonly key: string;
  /** As JSON; absent to forget. */
  readonly value: string | undefined;
}

function createStore(file: string, database: DatabaseSync, log: FileHandle, unlock: () => void): Store {
  const commit = committer(database);
  let waiting: Put[] = [];
  let writing: Promise<void> | undefined;
  let isFlushed = true;

  /** After a flush that failed nobody knows what is on the disk. Moved out of the log, it is there for certain. */
  function mend(): void {
    const row = database.prepare("PRAGMA wal_checkpoint(TRUNCATE)").get();
    if (row?.busy !== 0) throw storeTrouble("failed", file, "it could not be flushed, and somebody reads it");
    isFlushed = true;
  }

  async function write(puts: readonly Put[]): Promise<void> {
    if (!isFlushed) mend();
    commit(puts.flatMap(({ rows }) => rows));
    isFlushed = false;
    await log.datasync();
    isFlushed = true;
  }

  async function writeAll(): Promise<void> {
    while (waiting.length > 0) {
      // What came in by the same turn of the event loop comes along.
      await setImmediate();
      const puts = waiting;
      waiting = [];
      try {
        await write(puts);
        for (const put of puts) put.resolve();
      } catch (error) {
        const told = storeError(file, error);
        for (const put of puts) put.reject(told);
      }
    }
    writing = undefined;
  }

  return {
    ...readerOf(file, database),
    async put(entries) {
      const rows = entries.map(toRow);
      const { promise, resolve, reject } = Promise.withResolvers<void>();
      waiting.push({ rows, resolve, reject });
      writing ??= writeAll();
      return promise;
    },
    async close() {
      await writing;
      await log.close();
      database.close();
      unlock();
    },
  };
}

function toRow({ kind, key, value }: StoreEntry): Row {
  return { kind, key, value: value === undefined ? undefined : JSON.stringify(value) };
}

function committer(database: DatabaseSync): (rows: readonly Row[]) => void {
  const keep = database.prepare("INSERT OR REPLACE INTO entry (kind, key, value) VALUES (?, ?, ?)");
  const forget = database.prepare("DELETE FROM entry WHERE kind = ? AND key = ?");
  return (rows) => {
    database.exec("BEGIN IMMEDIATE");
    try {
      for (const { kind, key, value } of rows) {
        if (value === undefined) forget.run(kind, key);
        else keep.run(kind, key, value);
      }
      database.exec("COMMIT");
    } catch (error) {
      // SQLite has rolled back by itself after some errors, a full disk among them.
      if (database.isTransaction) database.exec("ROLLBACK");
      throw error;
    }
  };
}

/** SQLite puts every blob behind every text. */
const ABOVE_ALL_TEXT = new Uint8Array(0);

function readerOf(file: string, database: DatabaseSync): Omit<StoreReader, "close"> {
  const all = database.prepare("SELECT key, value FROM entry WHERE kind = ?");
  const one = database.prepare("SELECT value FROM entry WHERE kind = ? AND key = ?");
  const part = (order: "ASC" | "DESC") =>
    database.prepare(
      `SELECT key, value FROM entry WHERE kind = ? AND key >= ? AND key < ? ORDER BY key ${order} LIMIT ?`,
    );
  const up = part("ASC");
  const down = part("DESC");
  return {
    load: async (kind) => reading(file, () => new Map(all.all(kind).map(entryOf))),
    async range(kind, { from = "", below, reverse = false, limit }: StoreRange) {
      const end = below ?? ABOVE_ALL_TEXT;
      return reading(file, () => (reverse ? down : up).all(kind, from, end, limit).map(entryOf));
    },
    get: async (kind, key) =>
      reading(file, () => {
        const row = one.get(kind, key);
        return row === undefined ? undefined : JSON.parse(String(row.value));
      }),
  };
}

function entryOf({ key, value }: Record<string, unknown>): StoredEntry {
  return [String(key), JSON.parse(String(value))];
}

function reading<Value>(file: string, read: () => Value): Value {
  try {
    return read();
  } catch (error) {
    throw storeError(file, error);
  }
}
