/** Reads files of a NixOS system that lies in a store of this machine, never anything outside that store. */

import { type FileHandle, open, readdir, readlink } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import type { GenerationRecord } from "../../boot/history/record.ts";
import { systemOf } from "../../boot/history/system-name.ts";
import { parseStorePath } from "../images/image-path.ts";

/** Files of one system, by paths relative to it. */
export interface SystemFiles {
  /** Where the system lies on this machine. */
  readonly path: string;
  /** As the system itself calls its path. */
  readonly ownPath: string;
  /** The beginning of a text; `undefined` where there is none. */
  read(file: string, maxBytes: number): Promise<string | undefined>;
  /** Where a file lies on this machine, links followed; `undefined` where there is none in the store. */
  locate(file: string): Promise<string | undefined>;
  /** The names in a folder; none where there is no such folder. */
  list(folder: string): Promise<readonly string[]>;
}

type Described = Pick<GenerationRecord, "kernelParams" | "path">;

/** The system that a generation starts; `undefined` where it names none, or none that is readable here. */
export async function openSystem({ kernelParams, path }: Described): Promise<SystemFiles | undefined> {
  const system = systemOf(kernelParams);
  if (system === undefined) return undefined;
  const own = dirname(system);
  for (const store of new Set([own, storeOf(path) ?? own])) {
    const files = systemIn(store, system);
    if ((await files.list(".")).includes("init")) return files;
  }
  return undefined;
}

/** A store may lie elsewhere than its paths say: below the root of another system, say. */
function storeOf(path: string): string | undefined {
  const root = parseStorePath(path)?.root;
  return root === undefined ? undefined : dirname(root);
}

function systemIn(store: string, system: string): SystemFiles {
  const ownStore = dirname(system);
  const path = join(store, system.slice(ownStore.length + 1));
  const find = (file: string) => follow(join(path, file), store, ownStore);
  return {
    path,
    ownPath: system,
    locate: find,
    async read(file, maxBytes) {
      const found = await find(file);
      return found === undefined ? undefined : readText(found, maxBytes);
    },
    async list(folder) {
      const found = await find(folder);
      if (found === undefined) return [];
      return readdir(found).catch(() => []);
    },
  };
}

/** As many links in a row as the kernel follows. */
const MAX_LINKS = 40;

/**
 * Follows links one after the other, since those of a store that lies elsewhere lead to where it does not lie.
 *
 * @returns where the file is, if it is; `undefined` for one that is outside the store
 */
async function follow(start: string, store: string, ownStore: string): Promise<string | undefined> {
  let path = resolve(start);
  let links = 0;
  for (let known = store; known !== path; ) {
    if (!path.startsWith(`${known}/`)) return undefined;
    const rest = path.slice(known.length + 1).split("/");
    const next = join(known, rest[0] ?? "");
    const target = await readlink(next).catch(() => undefined);
    if (target === undefined) {
      known = next;
      continue;
    }
    if (++links > MAX_LINKS) return undefined;
    const placed = target.startsWith(`${ownStore}/`) ? join(store, target.slice(ownStore.length)) : target;
    path = resolve(known, placed, ...rest.slice(1));
    known = store;
  }
  return path;
}

async function readText(path: string, maxBytes: number): Promise<string | undefined> {
  let file: FileHandle | undefined;
  try {
    file = await open(path, "r");
    if (!(await file.stat()).isFile()) return undefined;
    const { buffer, bytesRead } = await file.read(new Uint8Array(maxBytes), 0, maxBytes, 0);
    return new TextDecoder().decode(buffer.subarray(0, bytesRead));
  } catch {
    return undefined;
  } finally {
    await file?.close();
  }
}
