/**
 * Our own store of images: copies of those that lie in no nix store, by the digest of what they hold.
 *
 * A copy never changes and appears under its name only when all of it is on the disk. Files that are the
 * same in two copies are one file with two names.
 */

import { randomUUID } from "node:crypto";
import type { Dirent } from "node:fs";
import { existsSync } from "node:fs";
import { readdir, rename, rm, stat, statfs } from "node:fs/promises";
import { join } from "node:path";
import type { GenerationId } from "../../boot/generation.ts";
import { bytesOf, makeRoom, RESERVE_BYTES } from "../../boot/image/make-room.ts";
import { OWN_STORE } from "../images/image-path.ts";
import type { BrokenImage, FoundImage } from "../images/image-reader.ts";
import type { Copies } from "../images/keeping.ts";
import { makeStateFolder } from "../store/state-folder.ts";
import { MANIFEST, type Manifest, readManifest } from "./manifest.ts";
import { fillCopy, makeFolder, removeUnshared, syncFolder } from "./store-copy.ts";
import { type CopyReport, reportOf } from "./store-report.ts";

/** There is no copy, and why; what was there before is as it was. */
export class ImageStoreError extends Error {
  override readonly name = "ImageStoreError";
  readonly cure: string;

  constructor(message: string, cure: string, cause?: unknown) {
    super(message, { cause });
    this.cure = cure;
  }
}

export interface ImageStore extends Copies {
  /** @param move - the image's files are ours: move them instead of copying */
  keep(
    id: GenerationId,
    found: FoundImage,
    needed: ReadonlySet<GenerationId>,
    move?: boolean,
  ): Promise<string>;
  /** Absolute: `…/mayfly-store`. */
  readonly folder: string;
  /** What is there, the newest first; `verify` reads all of it and holds it against its SHA-256. */
  report(verify: boolean, only?: GenerationId): Promise<readonly CopyReport[]>;
  remove(id: GenerationId): Promise<void>;
  /** A folder of one's own to unpack something in, on the store's file system; remove it afterwards. */
  workFolder(): Promise<string>;
  /** What may still be put in, in bytes, if nothing goes for it. */
  freeBytes(): Promise<number>;
  /** Breaks off what is under way. */
  close(): void;
}

export interface ImageStoreOptions {
  /** The folder that `mayfly-store` is made in. */
  readonly parent: string;
  readonly maxBytes: () => number;
  /** Copies that somebody links to, whether or not that was seen yet. */
  readonly linked: () => Promise<ReadonlySet<GenerationId>>;
  readonly read: (folder: string) => Promise<FoundImage | BrokenImage>;
}

interface State extends ImageStoreOptions {
  readonly folder: string;
  readonly signal: AbortSignal;
}

const WORK = /^\.tmp-/;
/** Nothing that is still being made was left alone for so long. */
const STALE_MS = 3_600_000;

export function createImageStore(options: ImageStoreOptions): ImageStore {
  const controller = new AbortController();
  const state = { ...options, folder: join(options.parent, OWN_STORE), signal: controller.signal };
  return {
    folder: state.folder,
    isOn: () => state.maxBytes() > 0,
    placeOf(id) {
      const place = join(state.folder, id);
      return existsSync(join(place, MANIFEST)) ? place : undefined;
    },
    keep: (id, found, needed, move = false) => keep(state, id, found, needed, move),
    async report(verify, only) {
      const copies = (await manifests(state)).filter(({ id }) => only === undefined || id === only);
      const reports: CopyReport[] = [];
      for (const copy of copies.sort((a, b) => b.madeMs - a.madeMs))
        reports.push(await reportOf(join(state.folder, copy.id), copy, verify, state.signal));
      return reports;
    },
    remove: (id) => remove(state, id),
    async workFolder() {
      try {
        await makeStore(state);
        return await workFolder(state);
      } catch (error) {
        throw explain(state, error as NodeJS.ErrnoException);
      }
    },
    async freeBytes() {
      await makeStore(state);
      return Math.min(await freeOnDisk(state), state.maxBytes() - bytesOf(await manifests(state)));
    },
    close: () => controller.abort(new Error("the server stops")),
  };
}

async function keep(
  state: State,
  id: GenerationId,
  found: FoundImage,
  needed: ReadonlySet<GenerationId>,
  move: boolean,
): Promise<string> {
  const place = join(state.folder, id);
  if (existsSync(join(place, MANIFEST))) return place;
  let work: string | undefined;
  try {
    await makeStore(state);
    await clearRoom(state, found, needed);
    work = await workFolder(state);
    await fillCopy(id, found, work, { ...state, move });
    await rename(work, place).catch((error: NodeJS.ErrnoException) => {
      // Somebody else was quicker with the same.
      if (error.code !== "ENOTEMPTY" && error.code !== "EEXIST") throw error;
    });
    await syncFolder(state.folder);
    return place;
  } catch (error) {
    throw explain(state, error as NodeJS.ErrnoException);
  } finally {
    if (work !== undefined) await rm(work, { recursive: true, force: true });
  }
}

function explain({ folder, signal }: State, error: NodeJS.ErrnoException): Error {
  signal.throwIfAborted();
  const cure = CURES[error.code ?? ""];
  if (cure === undefined) return error;
  return new ImageStoreError(`${folder}: ${error.message}`, cure, error);
}

const CURES: Readonly<Record<string, string>> = {
  ENOSPC: "make room on its disk, or name another one with 'storeFolder'",
  EDQUOT: "make room on its disk, or name another one with 'storeFolder'",
  EROFS: "name a folder that can be written with 'storeFolder'",
  EACCES: "let the user that Mayfly runs as write there, or name another folder with 'storeFolder'",
};

async function clearRoom(state: State, found: FoundImage, needed: ReadonlySet<GenerationId>): Promise<void> {
  await removeLeftovers(state);
  const copies = await manifests(state);
  const wantedBytes = sizeOf(found);
  const maxBytes = state.maxBytes();
  const answer = makeRoom({
    ...{ copies, wantedBytes, maxBytes, nowMs: Date.now() },
    needed: new Set([...needed, ...(await state.linked())]),
    freeBytes: await freeOnDisk(state),
  });
  if (answer.type === "room") {
    for (const id of answer.remove) await remove(state, id);
    return;
  }
  const [wanted, taken] = [gigabytes(wantedBytes), gigabytes(answer.neededBytes)];
  if (answer.short === "disk") {
    throw new ImageStoreError(
      `it has ${wanted} GB, for which the disk of ${state.folder} has no room`,
      "make room there, or name another folder with 'storeFolder'",
    );
  }
  throw new ImageStoreError(
    `it has ${wanted} GB, ${taken} GB of ${state.folder} are needed for others, and 'storeMaxGigabytes' allows ${gigabytes(maxBytes)} GB`,
    "raise 'storeMaxGigabytes', or lower 'rollbackDepth'",
  );
}

function sizeOf({ files }: FoundImage): number {
  const own = [...files.values()].filter(({ parts }) => parts === undefined);
  return own.reduce((sum, { stamp }) => sum + stamp.sizeBytes, 0);
}

function gigabytes(bytes: number): string {
  return (bytes / 1e9).toFixed(bytes < 1e8 ? 3 : 1);
}

async function freeOnDisk({ folder }: State): Promise<number> {
  const { bavail, bsize } = await statfs(folder);
  return bavail * bsize - RESERVE_BYTES;
}

async function makeStore({ parent, folder }: State): Promise<void> {
  await makeStateFolder(parent);
  await makeFolder(folder);
}

async function workFolder({ folder }: State): Promise<string> {
  const work = join(folder, `.tmp-${randomUUID()}`);
  await makeFolder(work);
  return work;
}

/** It disappears at once: what is half removed is no image. */
async function remove(state: State, id: GenerationId): Promise<void> {
  const gone = join(state.folder, `.tmp-${randomUUID()}`);
  await rename(join(state.folder, id), gone);
  await rm(gone, { recursive: true, force: true });
  await removeUnshared(state.folder);
}

/** What a server that was killed was about to make or to remove. */
async function removeLeftovers(state: State): Promise<void> {
  let isSome = false;
  for (const { name } of await entries(state)) {
    if (!WORK.test(name)) continue;
    const path = join(state.folder, name);
    const { mtimeMs } = (await stat(path).catch(() => undefined)) ?? { mtimeMs: Date.now() };
    if (Date.now() - mtimeMs < STALE_MS) continue;
    await rm(path, { recursive: true, force: true });
    isSome = true;
  }
  if (isSome) await removeUnshared(state.folder);
}

function entries({ folder }: State): Promise<Dirent[]> {
  return readdir(folder, { withFileTypes: true }).catch(() => []);
}

async function manifests(state: State): Promise<Manifest[]> {
  const names = (await entries(state)).filter((each) => each.isDirectory() && !each.name.startsWith("."));
  const read = await Promise.all(
    names.map(({ name }) => readManifest(join(state.folder, name)).catch(() => undefined)),
  );
  return read.filter((each) => each !== undefined);
}
