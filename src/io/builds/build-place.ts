/** The place of a host's image, before nix makes its link there and after. */

import { access, constants, lstat, mkdir, readlink } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import type { Linked } from "../../boot/build/end.ts";
import { parseStorePath, storeGenerationId } from "../images/image-path.ts";

/**
 * Makes the folder that the link goes into.
 *
 * @returns what keeps nix from making its link, in a sentence with the cure; it would find out hours later
 */
export async function preparePlace(outLink: string): Promise<string | undefined> {
  try {
    await mkdir(dirname(outLink), { recursive: true });
    await access(dirname(outLink), constants.W_OK);
  } catch (error) {
    return `${dirname(outLink)} cannot be written: ${(error as Error).message}`;
  }
  const there = await lstat(outLink).catch(() => undefined);
  if (there === undefined || there.isSymbolicLink()) return undefined;
  const what = there.isDirectory() ? "a folder" : "a file";
  return `${outLink} is ${what}, and nix replaces nothing but links: it already exists, so move it away`;
}

/** Where the link leads; `undefined` if there is none, or none to a store path. */
export async function readLink(outLink: string): Promise<Linked | undefined> {
  const target = await readlink(outLink).catch(() => undefined);
  if (target === undefined) return undefined;
  const path = resolve(dirname(outLink), target);
  const store = parseStorePath(path);
  return store === undefined ? { path } : { path, generation: storeGenerationId(store) };
}
