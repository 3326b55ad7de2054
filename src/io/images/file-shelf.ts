/**
 * Generations held open: their bytes stay readable, and the same, however often links are swapped
 * and whatever nix collects meanwhile.
 *
 * An open folder of a store keeps nix's collector from the store path and from all that it refers to;
 * open files keep their bytes even where the collector cannot see us (another PID namespace, a copied
 * folder). A file outside a store can be overwritten in place, which shows in its stamp: whoever reads
 * it is told, and never gets a mixture.
 */

import { constants } from "node:fs";
import type { GenerationId } from "../../boot/generation.ts";
import { type FileShelf, type OpenFile, StaleFileError } from "../open-file.ts";
import { MovedError } from "./content-id.ts";
import { parseStorePath } from "./image-path.ts";
import type { FoundImage } from "./image-reader.ts";
import type { Roots } from "./keeping.ts";
import type { PromptFiles } from "./prompt-files.ts";
import { closeFd, lstatPath } from "./quick-fs.ts";
import {
  createFilePool,
  type FilePool,
  type FoundFile,
  isStillFound,
  readerOf,
  type SharedFile,
  stampOfFile,
} from "./shared-file.ts";

/** What the shelf tells about the use of its generations. */
export interface ShelfListener {
  opened(id: GenerationId): void;
  closed(id: GenerationId): void;
  /** A file of the image in this folder is no longer the one that was published. */
  stale(folder: string): void;
}

/** An image's folder with its files held open, not yet on the shelf under an id. */
export interface HeldImage {
  readonly found: FoundImage;
  readonly files: ReadonlyMap<string, SharedFile>;
  /** Undoes {@link GenerationShelf.hold}; a reader under way still reads to the end. */
  release(): void;
}

export interface GenerationShelf extends FileShelf {
  /**
   * Opens the folder and the files that every boot reads.
   *
   * @throws {@link MovedError} when a file is no longer the one that was found
   */
  hold(found: FoundImage): Promise<HeldImage>;
  /** What was found of the generation, where it was found last. */
  found(id: GenerationId): FoundImage | undefined;
  /** Whether the generation is held from this folder already. */
  has(id: GenerationId, folder: string): boolean;
  /** Lets `openMedia` find it. The same generation from a second folder stands in for the first. */
  put(id: GenerationId, held: HeldImage): void;
  /** Whatever is being read of it can be read to its end. */
  drop(id: GenerationId): void;
  /** Drops all. */
  clear(): void;
}

/** @param roots - keeps nix's collector away from what is held; absent: open descriptors alone do */
export function createFileShelf(
  files: PromptFiles,
  listener: ShelfListener,
  roots?: Pick<Roots, "hold">,
): GenerationShelf {
  const pool = createFilePool();
  const shelf = new Map<GenerationId, readonly HeldImage[]>();
  function drop(id: GenerationId): void {
    for (const held of shelf.get(id) ?? []) held.release();
    shelf.delete(id);
  }
  return {
    async hold(found) {
      const held = await holdImage(found, pool, files);
      return roots === undefined ? held : holdRoots(held, roots);
    },
    found: (id) => shelf.get(id)?.[0]?.found,
    has: (id, folder) => shelf.get(id)?.some(({ found }) => found.folder === folder) ?? false,
    put(id, held) {
      const others = shelf.get(id) ?? [];
      shelf.set(id, [held, ...others.filter(({ found }) => found.folder !== held.found.folder)]);
      for (const older of others) if (older.found.folder === held.found.folder) older.release();
    },
    drop,
    clear() {
      for (const id of [...shelf.keys()]) drop(id);
    },
    openMedia: ({ id }, name) => openMedia(id, shelf.get(id) ?? [], name, { pool, listener }),
    openProgram: ({ path }) => openProgram(path, pool),
  };
}

interface Shelf {
  readonly pool: FilePool;
  readonly listener: ShelfListener;
}

/** From whichever folder still has it as it was. */
async function openMedia(
  id: GenerationId,
  holders: readonly HeldImage[],
  name: string,
  { pool, listener }: Shelf,
): Promise<OpenFile | undefined> {
  let stale: FoundFile | undefined;
  for (const held of holders) {
    const found = held.found.files.get(name);
    if (found === undefined) continue;
    const file = await openFound(held, name, found, pool);
    if (file === undefined) {
      listener.stale(held.found.folder);
      stale = found;
      continue;
    }
    listener.opened(id);
    return readerOf(file, found, {
      stale: () => listener.stale(held.found.folder),
      close() {
        pool.letGo(file);
        listener.closed(id);
      },
    });
  }
  if (stale === undefined || stale.isImmutable) return undefined;
  throw new StaleFileError(`${stale.path} was overwritten since it was published`);
}

/** `undefined` when the file is not the one that was found any more. */
async function openFound(
  held: HeldImage,
  name: string,
  found: FoundFile,
  pool: FilePool,
): Promise<SharedFile | undefined> {
  const open = held.files.get(name);
  if (open !== undefined) open.shares++;
  const file = open ?? (await unlessGone(pool.open(found.path, found.isImmutable)));
  if (file === undefined) return undefined;
  if (await isStillFound(file, found)) return file;
  pool.letGo(file);
  return undefined;
}

async function openProgram(path: string, pool: FilePool): Promise<OpenFile | undefined> {
  const isImmutable = parseStorePath(path) !== undefined;
  const file = await unlessGone(pool.open(path, isImmutable));
  if (file === undefined) return undefined;
  const found: FoundFile = { path, stamp: await stampOfFile(file), isImmutable };
  return readerOf(file, found, { stale: () => {}, close: () => pool.letGo(file) });
}

async function holdImage(found: FoundImage, pool: FilePool, prompt: PromptFiles): Promise<HeldImage> {
  const files = new Map<string, SharedFile>();
  let folder: number | undefined;
  const release = () => {
    for (const file of files.values()) pool.letGo(file);
    files.clear();
    if (folder !== undefined) closeFd(folder);
  };
  try {
    // Only a store has a collector that a held folder keeps away.
    if (found.store !== undefined) folder = await prompt.open(found.folder, constants.O_RDONLY);
    const { kernel, initrds, ownScript, bootFile } = found.image;
    for (const name of [kernel, ...initrds, ownScript, bootFile]) {
      const file = name === undefined ? undefined : found.files.get(name);
      if (name === undefined || file === undefined || files.has(name)) continue;
      const open = await pool.open(file.path, file.isImmutable, prompt.open);
      files.set(name, open);
      // A file in a store was found a moment ago, and there are very many of them.
      if (!file.isImmutable && !(await isStillFound(open, file)))
        throw new MovedError(`${file.path} changed while it was opened`);
    }
  } catch (error) {
    release();
    if ((error as NodeJS.ErrnoException).code === "ENOENT")
      throw new MovedError(`${found.folder} is going away`);
    throw error;
  }
  return { found, files, release };
}

/** The collector may have been quicker than the root: what is there after it was made stays. */
async function holdRoots(held: HeldImage, roots: Pick<Roots, "hold">): Promise<HeldImage> {
  const { found } = held;
  const paths = storePathsOf(found);
  if (paths.size === 0) return held;
  const hold = await roots.hold(paths);
  const release = () => {
    held.release();
    hold.release();
  };
  const isThere = await Promise.all(Array.from(paths, lstatPath));
  if (isThere.every((stats) => stats !== undefined)) return { ...held, release };
  release();
  throw new MovedError(`${found.folder} was collected`);
}

/** A store path keeps all that it refers to; any other folder may hold links to whatever it likes. */
function storePathsOf({ store, files }: FoundImage): ReadonlySet<string> {
  const stores =
    store === undefined ? Array.from(files.values(), ({ path }) => parseStorePath(path)) : [store];
  return new Set(stores.flatMap((each) => (each?.owner === "nix" ? [each.root] : [])));
}

async function unlessGone(opening: Promise<SharedFile>): Promise<SharedFile | undefined> {
  try {
    return await opening;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}
