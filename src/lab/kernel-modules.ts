/**
 * Finds a kernel's loadable modules and what each needs to be loaded first.
 *
 * It reads the modules themselves, since the index that `depmod` makes is not in a kernel's package.
 */

import { execFile } from "node:child_process";
import { readdir, readFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { promisify } from "node:util";
import { gunzipSync } from "node:zlib";

const MODULE_FILE = /\.ko(\.xz|\.gz|\.zst)?$/;

/**
 * The files of the modules wanted and of all that they need, in the order in which they must be loaded.
 *
 * One that is not there is built into the kernel, and left out.
 *
 * @param folder - `lib/modules/VERSION`
 */
export async function orderModules(folder: string, wanted: readonly string[]): Promise<string[]> {
  const paths = await indexModules(folder);
  const ordered = new Set<string>();
  const visit = async (name: string): Promise<void> => {
    const path = paths.get(name);
    if (path === undefined || ordered.has(path)) return;
    for (const needed of readDependencies(await readModule(path))) await visit(needed);
    ordered.add(path);
  };
  for (const name of wanted) await visit(name);
  return [...ordered];
}

async function indexModules(folder: string): Promise<ReadonlyMap<string, string>> {
  const files = await readdir(join(folder, "kernel"), { recursive: true });
  return new Map(
    files
      .filter((file) => MODULE_FILE.test(file))
      .map((file) => [moduleName(file), join(folder, "kernel", file)] as const),
  );
}

/** With underscores, as `lsmod` shows it. */
export function moduleName(file: string): string {
  return basename(file).replace(MODULE_FILE, "").replaceAll("-", "_");
}

/** The module itself, uncompressed. */
export async function readModule(path: string): Promise<Uint8Array> {
  if (path.endsWith(".xz")) return decompress("xz", path);
  if (path.endsWith(".zst")) return decompress("zstd", path);
  const content = await readFile(path);
  return path.endsWith(".gz") ? gunzipSync(content) : content;
}

async function decompress(tool: string, path: string): Promise<Uint8Array> {
  const { stdout } = await promisify(execFile)(tool, ["-dc", path], {
    encoding: "buffer",
    maxBuffer: 64 * 1024 * 1024,
  });
  return stdout;
}

/** Reads `depends=` from the module's own description of itself. */
export function readDependencies(content: Uint8Array): string[] {
  const text = Buffer.from(content.buffer, content.byteOffset, content.byteLength).toString("latin1");
  const [, list] = /\0depends=([^\0]*)\0/.exec(text) ?? [];
  return list === undefined || list === "" ? [] : list.split(",").map((name) => name.replaceAll("-", "_"));
}
