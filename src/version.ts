/** Which Mayfly this is. */

import { readFile } from "node:fs/promises";

/** As in `0.1.0`. */
export async function readVersion(): Promise<string> {
  const { version } = JSON.parse(await readFile(new URL("../package.json", import.meta.url), "utf8"));
  return String(version);
}
