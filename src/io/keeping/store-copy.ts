/** Fills a folder with the copy of an image: its files, what it is known by, and a list of what is in it. */

import { randomUUID } from "node:crypto";
import {
  chown,
  link,
  mkdir,
  open,
  readdir,
  rename,
  stat,
  symlink,
  unlink,
  writeFile,
} from "node:fs/promises";
import { dirname, join } from "node:path";
import type { GenerationId } from "../../boot/generation.ts";
import { lastTarget } from "../images/image-path.ts";
import type { BrokenImage, FoundImage } from "../images/image-reader.ts";
import { copyFound, moveFound } from "./copy-file.ts";
import { MANIFEST, type Manifest } from "./manifest.ts";

/** Files by their SHA-256, beside the copies that have them. */
const POOL = ".files";

export interface CopyOptions {
  /** The store. */
  readonly folder: string;
  readonly signal: AbortSignal;
  readonly read: (folder: string) => Promise<FoundImage | BrokenImage>;
  /** The image's files are ours to move. */
  readonly move: boolean;
}

/** Puts the whole copy into `work`, and on the disk. */
export async function fillCopy(
  id: GenerationId,
  found: FoundImage,
  work: string,
  options: CopyOptions,
): Promise<void> {
  const files: Manifest["files"] = [];
  for (const [name, file] of found.files) {
    // It is in another file, and will be found there again.
    if (file.parts !== undefined) continue;
    const to = join(work, name);
    await makeFolder(dirname(to));
    const sha256 = await (options.move ? moveFound : copyFound)(file, to, options.signal);
    await share(options.folder, to, sha256);
    files.push({ name, sizeBytes: file.stamp.sizeBytes, sha256 });
  }
  // Where the machine finds its system: the link itself says so, and leads nowhere here.
  const init = await lastTarget(join(found.folder, "init"));
  if (init !== undefined && !found.files.has("init")) await symlink(init, join(work, "init"));
  const copy = await options.read(work);
  if (copy.type === "broken") throw new Error(`the copy is no image any more: ${copy.reason}`);
  if (JSON.stringify(copy.image) !== JSON.stringify(found.image))
    throw new Error("the copy is not the image that it was copied from");
  const manifest: Manifest = { version: 1, id, madeMs: Date.now(), source: found.folder, files };
  await writeFile(join(work, MANIFEST), `${JSON.stringify(manifest, undefined, 2)}\n`, {
    flush: true,
    mode: 0o444,
  });
  const folders = new Set([work, ...files.map(({ name }) => dirname(join(work, name)))]);
  for (const folder of folders) await syncFolder(folder);
}

/** Makes one file of two that are the same; where the file system has no links, they stay two. */
async function share(folder: string, path: string, sha256: string): Promise<void> {
  const pooled = join(folder, POOL, sha256);
  await makeFolder(dirname(pooled));
  try {
    await link(path, pooled);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") return;
    const [mine, other] = await Promise.all([stat(path), stat(pooled).catch(() => undefined)]);
    if (other?.size !== mine.size) return;
    const temporary = `${path}.${randomUUID()}`;
    await link(pooled, temporary).then(
      () => rename(temporary, path),
      () => undefined,
    );
  }
}

/** Files that only the pool has a name for. */
export async function removeUnshared(folder: string): Promise<void> {
  const pool = join(folder, POOL);
  for (const name of await readdir(pool).catch(() => [])) {
    const path = join(pool, name);
    const { nlink } = (await stat(path).catch(() => undefined)) ?? { nlink: 2 };
    if (nlink === 1) await unlink(path).catch(() => undefined);
  }
}

/**
 * Makes a folder and those above it, each for the owner of the one that it is in: what root imports is the
 * server's to remove.
 */
export async function makeFolder(folder: string): Promise<void> {
  // First on its own: where nothing can be written, the other way says that the folder above is not there.
  const made = await mkdir(folder, { mode: 0o755 }).then(
    () => folder,
    ({ code }: NodeJS.ErrnoException) => {
      if (code === "EEXIST") return undefined;
      if (code !== "ENOENT") throw Object.assign(new Error(`${folder} cannot be made (${code})`), { code });
      return mkdir(folder, { recursive: true, mode: 0o755 });
    },
  );
  if (made === undefined || process.getuid?.() !== 0) return;
  const { uid, gid } = await stat(dirname(made));
  for (let each = folder; each.length >= made.length; each = dirname(each)) await chown(each, uid, gid);
}

export async function syncFolder(folder: string): Promise<void> {
  await using handle = await open(folder, "r");
  await handle.sync();
}
