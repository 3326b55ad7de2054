import { mkdirSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, expect, test, vi } from "vitest";
import { type FolderWatches, watchFolders } from "../../../src/io/images/folder-watches.ts";
import { tempFolder } from "../../support/temp-folder.ts";

/** Enough that a watcher is not ready before the folder is replaced. */
const FILES = 2000;

let watches: FolderWatches | undefined;
afterEach(() => watches?.close());

function fill(folder: string): string {
  mkdirSync(folder);
  for (let i = 0; i < FILES; i++) writeFileSync(join(folder, `${i}`), "");
  return folder;
}

/** Replaces a folder that came under watch a moment ago, and has that seen. */
async function replaceAtOnce() {
  const root = tempFolder();
  const folder = fill(join(root, "folder"));
  const changed: (string | undefined)[] = [];
  watches = watchFolders({ changed: (_folder, name) => changed.push(name), failed: () => {} });
  watches.want(new Set([folder]));
  await vi.waitFor(() => expect(watches?.has(folder)).toBe(true), { interval: 1 });
  expect(changed).toEqual([]);
  renameSync(folder, join(root, "before"));
  mkdirSync(folder);
  void watches.verify(folder);
  return { root, folder, changed, watches };
}

test("a folder that is replaced before its watch is ready is watched all the same, and so are others", async () => {
  const { root, folder, changed, watches } = await replaceAtOnce();
  await vi.waitFor(() => expect(changed).toContain(undefined));
  const other = join(root, "other");
  mkdirSync(other);
  watches.want(new Set([folder, other]));
  await vi.waitFor(() => expect([watches.has(folder), watches.has(other)]).toEqual([true, true]));
  writeFileSync(join(folder, "new"), "");
  await vi.waitFor(() => expect(changed).toContain("new"));
});

test("a folder that is replaced before its watch is ready keeps nobody from closing", async () => {
  const { folder, watches } = await replaceAtOnce();
  await watches.close();
  expect(watches.has(folder)).toBe(false);
});
