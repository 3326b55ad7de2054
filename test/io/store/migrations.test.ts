/** The store's formats: each earlier one becomes the next with all that is in it, or stays as it was. */

import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { expect, test } from "vitest";
import { MIGRATIONS, migrate } from "../../../src/io/store/migrations.ts";
import { openStore } from "../../../src/io/store/sqlite-store.ts";
import { tempFolder } from "../../support/temp-folder.ts";

const ID = 0x4d415946;
/** What a later version might do. */
const NEXT = [
  ...MIGRATIONS,
  "ALTER TABLE entry ADD COLUMN changed INTEGER NOT NULL DEFAULT 0;",
  "UPDATE entry SET changed = 1;",
];

const versionOf = (database: DatabaseSync) => database.prepare("PRAGMA user_version").get()?.user_version;
const ROW = "INSERT INTO entry (kind, key, value) VALUES ('lease', 'a', '1')";

test("a file of the first format becomes one of the last with everything in it", async () => {
  const folder = tempFolder();
  const store = await openStore(folder);
  await store.put([{ kind: "lease", key: "a", value: { mac: "b" } }]);
  await store.close();
  const database = new DatabaseSync(join(folder, "mayfly.sqlite"));
  migrate(database, ID, NEXT);
  expect(versionOf(database)).toBe(NEXT.length);
  expect(database.prepare("SELECT key, value, changed FROM entry").all()).toEqual([
    { key: "a", value: '{"mac":"b"}', changed: 1 },
  ]);
  database.close();
});

test.each(NEXT.map((_, index) => index))("from format %i it goes on where that ends, once", (format) => {
  const database = new DatabaseSync(":memory:");
  migrate(database, ID, NEXT.slice(0, format));
  for (let again = 0; again < 2; again++) migrate(database, ID, NEXT);
  expect(versionOf(database)).toBe(NEXT.length);
  database.close();
});

test("a step that fails leaves the file in its format, with all that was in it", () => {
  const database = new DatabaseSync(":memory:");
  migrate(database, ID);
  database.exec(ROW);
  const broken = [...NEXT.slice(0, 2), "UPDATE nothing SET changed = 1;"];
  expect(() => migrate(database, ID, broken)).toThrow("nothing");
  expect(versionOf(database)).toBe(MIGRATIONS.length);
  expect(database.prepare("SELECT * FROM entry").all()).toEqual([{ kind: "lease", key: "a", value: "1" }]);
  database.close();
});
