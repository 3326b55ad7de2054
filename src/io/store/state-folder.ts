/** The folder of what must not be forgotten. */

import { mkdir, open, stat } from "node:fs/promises";
import { dirname } from "node:path";

/** Makes the folder, for its owner only, so that a power cut does not take it away again. */
export async function makeStateFolder(folder: string): Promise<void> {
  try {
    await mkdir(folder, { mode: 0o700 });
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : undefined;
    if (code === "EEXIST") return;
    // Step by step: below /proc, where nothing can be made, Node's own way of making them all never ends.
    const parent = dirname(folder);
    if (code !== "ENOENT" || parent === folder || (await isThere(parent))) throw error;
    await makeStateFolder(parent);
    await mkdir(folder, { mode: 0o700 });
  }
  // Its name is an entry of the folder above, which is written when the system likes.
  await flush(dirname(folder));
}

async function isThere(folder: string): Promise<boolean> {
  return stat(folder).then(
    () => true,
    () => false,
  );
}

async function flush(folder: string): Promise<void> {
  const handle = await open(folder, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
