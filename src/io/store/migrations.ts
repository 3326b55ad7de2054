/** What the store's tables look like, and how each earlier format becomes the next one. */

import type { DatabaseSync } from "node:sqlite";

/**
 * Step by step from nothing to the format of now: the first makes format 1, the second makes 2 of it.
 *
 * A step that was released is never changed. A new format is a new step at the end, with a file of the one
 * before among the tests.
 */
export const MIGRATIONS: readonly string[] = [
  `CREATE TABLE entry (
    kind TEXT NOT NULL,
    key TEXT NOT NULL,
    value TEXT NOT NULL,
    PRIMARY KEY (kind, key)
  ) STRICT, WITHOUT ROWID;`,
];

/**
 * Brings a database to the last format: all steps that it lacks, or none of them.
 *
 * @throws what SQLite throws; the database is then as it was
 */
export function migrate(
  database: DatabaseSync,
  applicationId: number,
  migrations: readonly string[] = MIGRATIONS,
): void {
  const version = Number(database.prepare("PRAGMA user_version").get()?.user_version);
  if (version >= migrations.length) return;
  database.exec("BEGIN IMMEDIATE");
  try {
    for (const step of migrations.slice(version)) database.exec(step);
    database.exec(`PRAGMA application_id = ${applicationId}; PRAGMA user_version = ${migrations.length}`);
    database.exec("COMMIT");
  } catch (error) {
    if (database.isTransaction) database.exec("ROLLBACK");
    throw error;
  }
}
