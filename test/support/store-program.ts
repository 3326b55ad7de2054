/**
 * The store alone, as a program that a test starts on a disk of its own or under strace.
 *
 * Arguments: the folder, and what to do. It prints a line for each outcome; the first is `open`.
 */

import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { openStore } from "../../src/io/store/sqlite-store.ts";
import { StoreError } from "../../src/io/store/store-error.ts";

const [, , folder = "", what] = process.argv;
const ballast = join(folder, "ballast");

async function put(key: number): Promise<boolean> {
  try {
    await store.put([{ kind: "lease", key: String(key), value: "x".repeat(1_000) }]);
    console.log(`kept ${key}`);
    return true;
  } catch (error) {
    if (!(error instanceof StoreError)) throw error;
    console.log(`refused ${key}: ${error.code}: ${error.message}; ${error.cure}`);
    return false;
  }
}

if (what === "fill") await writeFile(ballast, new Uint8Array(100 * 1024));
const store = await openStore(folder);
console.log("open");
if (what === "fill") {
  let key = 0;
  while (await put(key)) key += 1;
  await put(key + 1);
  await rm(ballast);
  await put(key + 2);
  // As a crash would leave it.
  process.kill(process.pid, "SIGKILL");
} else if (what === "four") {
  for (let key = 0; key < 4; key += 1) await put(key);
  process.kill(process.pid, "SIGKILL");
} else {
  console.log(`holds ${[...(await store.load("lease")).keys()].map(Number).toSorted((a, b) => a - b)}`);
  await store.close();
}
