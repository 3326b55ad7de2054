/** The database file of the store: made, opened, and known to be ours and whole. */

import { open, stat } from "node:fs/promises";
import { DatabaseSync } from "node:sqlite";
import { MIGRATIONS, migrate } from "./migrations.ts";
import { storeTrouble } from "./store-error.ts";

/** In the file's header, so that no other program's database is taken for ours: "MAYF". */
const APPLICATION_ID = 0x4d415946;
/** How long a reader is waited for, and waits, in milliseconds. */
const BUSY_MS = 2_000;

export async function isStoreThere(file: string): Promise<boolean> {
  const found = await stat(file).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT" || error.code === "ENOTDIR") return undefined;
    throw error;
  });
  return found !== undefined && found.size > 0;
}

/** Makes the file if it is not there; fails in the system's own words where that may not be. */
export async function makeStoreFile(file: string): Promise<void> {
  // SQLite gives its log the same rights, and would let everybody read both.
  await (await open(file, "a", 0o600)).close();
}

/**
 * Opens the file for the server.
 *
 * @throws {@link import("./store-error.ts").StoreError} `damaged`, `foreign` or `newer`; anything else as
 * SQLite or the system threw it
 */
export function openToWrite(file: string): DatabaseSync {
  const database = new DatabaseSync(file, { timeout: BUSY_MS });
  try {
    checkFile(file, database);
    database.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL");
    migrate(database, APPLICATION_ID);
    // From here on the store flushes the log itself, when it does not stop everything else.
    database.exec("PRAGMA synchronous = NORMAL");
    checkPages(file, database);
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}

/** Opens the file beside whoever has it, and for reading only. @throws as {@link openToWrite} */
export function openToRead(file: string): DatabaseSync {
  const database = new DatabaseSync(file, { readOnly: true, timeout: BUSY_MS });
  try {
    checkFile(file, database);
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}

function checkFile(file: string, database: DatabaseSync): void {
  const id = pragma(database, "application_id");
  const version = pragma(database, "user_version");
  const tables = database.prepare("SELECT name FROM sqlite_schema").all().length;
  if (id === 0 && version === 0 && tables === 0) return;
  if (id !== APPLICATION_ID) throw storeTrouble("foreign", file, "it is another program's database");
  const known = MIGRATIONS.length;
  if (version > known)
    throw storeTrouble("newer", file, `its format is ${version}, and this one knows ${known}`);
}

/** A page that is broken now would be an answer that is wrong later. */
function checkPages(file: string, database: DatabaseSync): void {
  const found = database.prepare("PRAGMA quick_check(1)").get()?.quick_check;
  if (found !== "ok") throw storeTrouble("damaged", file, String(found));
}

function pragma(database: DatabaseSync, name: string): number {
  return Number(database.prepare(`PRAGMA ${name}`).get()?.[name]);
}
