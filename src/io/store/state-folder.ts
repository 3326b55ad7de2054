/** The folder of what must not be forgotten. */

import { mkdir, open } from "node:fs/promises";
import { dirname } from "node:path";

/** Makes the folder, for its owner only, so that a power cut does not take it away again. */
export async function makeStateFolder(folder: string): Promise<void> {
  const first = await mkdir(folder, { recursive: true, mode: 0o700 });
  if (first === undefined) return;
  // Its name is an entry of the folder above, which is written when the system likes.
  for (let made = folder; made.length >= first.length; made = dirname(made)) await flush(dirname(made));
}

async function flush(folder: string): Promise<void> {
  const handle = await open(folder, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
