/** Reads the operator's own `autoexec.ipxe`, which is served in place of the generated one. */

import { readFile, stat } from "node:fs/promises";

/** Far more than any script; iPXE would take it, but it is held in memory. */
const MAX_BYTES = 256 * 1024;
/** What iPXE knows a script by; without it the file would be started as a program, and fail. */
const SCRIPT_START = /^#!(ipxe|gpxe)/;

/**
 * @returns `undefined` when there is none
 * @throws Error with the reason and the cure when what lies there is no script
 */
export async function readOwnScript(path: string): Promise<string | undefined> {
  const found = await stat(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT" || error.code === "ENOTDIR") return undefined;
    throw error;
  });
  if (found === undefined) return undefined;
  if (!found.isFile()) throw new Error(`${path} is no file: put an iPXE script there, or remove it`);
  if (found.size > MAX_BYTES)
    throw new Error(`${path} has more than ${MAX_BYTES} bytes: that is no iPXE script`);
  const script = await readFile(path, "utf8");
  if (!SCRIPT_START.test(script))
    throw new Error(`${path} does not begin with '#!ipxe': iPXE would refuse it`);
  return script;
}
