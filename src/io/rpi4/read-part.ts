/** Reads what was given as a part of a Raspberry Pi's boot folder: a file, a folder, a zip, or a Debian package. */

import { mkdtemp, open, readdir, readFile, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import type { GivenFile, GivenPart } from "../../boot/rpi4/part.ts";
import { mayBelong } from "../../boot/rpi4/places.ts";
import { runTool } from "../system/run-tool.ts";
import { type Bounds, createBounds } from "./bounds.ts";
import { PartError } from "./part-error.ts";
import { readZip } from "./read-zip.ts";

/** `boot/overlays` of a checkout is three deep, what Debian's package unpacks to is four. */
const MAX_DEPTH = 8;
const ZIP_MAGICS = ["504b0304", "504b0506"];
/** `!<arch>\n`: what a Debian package begins with. */
const AR_MAGIC = "213c6172";

/** What to call a part whose path says little. */
export interface PartName {
  /** As people know it. */
  readonly source?: string;
  /** Of a single file. */
  readonly name?: string;
}

/**
 * @throws {@link PartError} for what cannot be a part
 */
export async function readPart(
  path: string,
  { source = path, name = basename(path) }: PartName = {},
): Promise<GivenPart> {
  const stats = await stat(path).catch((error: unknown) => {
    throw new PartError(`${source}: it cannot be read; check the path`, { cause: error });
  });
  if (stats.isDirectory()) return { source, files: await readFolder(path, source), isFile: false };
  if (!stats.isFile()) throw new PartError(`${source}: it is neither a file nor a folder`);
  const magic = await magicOf(path);
  if (ZIP_MAGICS.includes(magic)) return { source, files: await readZip(path, source), isFile: false };
  if (magic === AR_MAGIC) return { source, files: await readPackage(path, source), isFile: false };
  // A zip whose beginning was lost, or that never arrived, is told by its name.
  if (/\.zip$/i.test(path)) throw new PartError(`${source}: the zip is damaged, or is none; get it anew`);
  createBounds(source).file(name, stats.size);
  const bytes = new Uint8Array(await readFile(path));
  return { source, files: bytes.length === 0 ? [] : [{ name, bytes }], isFile: true };
}

/**
 * All the files of a boot folder, by place; for the lints.
 *
 * @throws {@link PartError} where there is no folder
 */
export async function readTree(folder: string): Promise<Map<string, Uint8Array>> {
  const stats = await stat(folder).catch(() => undefined);
  if (stats?.isDirectory() !== true)
    throw new PartError(`${folder}: there is no such folder; 'mayfly rpi4 assemble' makes it`);
  const files = await walk(
    folder,
    "",
    { source: folder, bounds: createBounds(folder), wanted: () => true },
    0,
  );
  return new Map(files.map(({ name, bytes }) => [name, bytes]));
}

function readFolder(path: string, source: string): Promise<GivenFile[]> {
  return walk(path, "", { source, bounds: createBounds(source), wanted: mayBelong }, 0);
}

interface Walk {
  readonly source: string;
  readonly bounds: Bounds;
  readonly wanted: (name: string) => boolean;
}

/** Follows links, which nix's results consist of; the folder is the operator's own. */
async function walk(folder: string, prefix: string, rules: Walk, depth: number): Promise<GivenFile[]> {
  const files: GivenFile[] = [];
  for (const name of (await readdir(folder)).sort()) {
    rules.bounds.entry();
    const path = join(folder, name);
    const stats = await stat(path).catch(() => undefined);
    // Version control and our own folders in the making.
    if (stats === undefined || name.startsWith(".")) continue;
    if (stats.isDirectory()) {
      if (depth < MAX_DEPTH) files.push(...(await walk(path, `${prefix}${name}/`, rules, depth + 1)));
    } else if (stats.isFile() && rules.wanted(`${prefix}${name}`)) {
      rules.bounds.file(`${prefix}${name}`, stats.size);
      files.push({ name: `${prefix}${name}`, bytes: new Uint8Array(await readFile(path)) });
    }
  }
  return files;
}

async function readPackage(path: string, source: string): Promise<GivenFile[]> {
  const folder = await mkdtemp(join(tmpdir(), "mayfly-deb-"));
  try {
    await runTool("dpkg-deb", ["-x", path, folder]).catch((error: unknown) => {
      const cure = "unpack it and give the folder usr/lib/raspi-firmware";
      throw new PartError(`${source}: the package cannot be unpacked; ${cure}`, { cause: error });
    });
    return await readFolder(folder, source);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function magicOf(path: string): Promise<string> {
  const file = await open(path);
  try {
    const { buffer, bytesRead } = await file.read(new Uint8Array(4), 0, 4, 0);
    return Buffer.from(buffer.subarray(0, bytesRead)).toString("hex");
  } finally {
    await file.close();
  }
}
