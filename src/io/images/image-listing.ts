/** Lists an image's folder, links followed and bounded: which files may take part in it, and which cannot be read. */

import type { BigIntStats, Dirent } from "node:fs";
import { realpath } from "node:fs/promises";
import { basename, join, resolve } from "node:path";
import { FIRST_DESCRIPTOR, isVolumeDescriptor, SECTOR_BYTES } from "../../wire/iso/volume.ts";
import { isPe } from "../../wire/pe/machine.ts";
import { stampOf } from "./file-stamp.ts";
import { lastTarget, parseStorePath } from "./image-path.ts";
import type { Limiter } from "./limiter.ts";
import type { PromptFiles } from "./prompt-files.ts";
import { linkTarget, lstatPath } from "./quick-fs.ts";
import type { FoundFile } from "./shared-file.ts";

/** A folder with more entries is no image; what lies further in is not served. */
export interface FolderBounds {
  readonly entries: number;
  readonly depth: number;
}

/** What lies in an image's folder, or the one file that is an image by itself. */
export interface Listing {
  readonly files: Map<string, FoundFile>;
  readonly unreadable: Map<string, string>;
  /** Files that take part in the facts only: what a copy under way writes to before it renames. */
  readonly hidden: Map<string, FoundFile>;
  /** There is an `init`, perhaps a link that leads nowhere here and is meant for the machine. */
  hasInit: boolean;
  problem?: string;
}

interface Level {
  readonly folder: string;
  readonly prefix: string;
}

/** What the listing of many images shares. */
export interface ListingShare {
  readonly limit: Limiter;
  readonly files: PromptFiles;
  readonly bounds: FolderBounds;
}

/**
 * @param path - a real one
 * @throws what the file system throws of the folder itself, and an Error for a file that is no image
 */
export async function listImage(path: string, share: ListingShare): Promise<Listing> {
  try {
    return await listFolder(path, share);
  } catch (error) {
    if (codeOf(error) !== "ENOTDIR") throw error;
    return listFile(path, share);
  }
}

/** A file in a folder's stead: it is called by its own name, with the end by which firmware tells what it is. */
async function listFile(path: string, { files }: ListingShare): Promise<Listing> {
  const stats = await files.stat(path);
  const ending = stats.isFile() ? await endingOf(path, files) : undefined;
  if (ending === undefined) {
    throw new Error("it is neither a folder, nor a unified kernel image, nor an ISO image");
  }
  const own = basename(path);
  const name = own.toLowerCase().endsWith(`.${ending}`) ? own : `${own}.${ending}`;
  const found = { path, stamp: stampOf(stats), isImmutable: parseStorePath(path) !== undefined };
  return { files: new Map([[name, found]]), unreadable: new Map(), hidden: new Map(), hasInit: false };
}

async function endingOf(path: string, files: PromptFiles): Promise<"efi" | "iso" | undefined> {
  const descriptorAt = FIRST_DESCRIPTOR * SECTOR_BYTES;
  const head = await files.readBeginning(path, descriptorAt + SECTOR_BYTES);
  if (isPe(head)) return "efi";
  return isVolumeDescriptor(head.subarray(descriptorAt)) ? "iso" : undefined;
}

/** Level by level, so that what is cut off by the bounds is never what lies on top. */
async function listFolder(root: string, { limit, files, bounds }: ListingShare): Promise<Listing> {
  const listing: Listing = { files: new Map(), unreadable: new Map(), hidden: new Map(), hasInit: false };
  let left = bounds.entries;
  let levels: Level[] = [{ folder: root, prefix: "" }];
  for (let depth = 1; depth <= bounds.depth && levels.length > 0; depth++) {
    const below: Level[] = [];
    for (const level of levels) {
      // Of the folder itself an error is told; of one within, what is missing is told by name.
      const reading = limit(() => readEntries(level.folder, files));
      const entries = await (depth === 1 ? reading : reading.catch(() => []));
      if (depth === 1)
        listing.hasInit = entries.some((entry) => entry.name === "init" && entry.isSymbolicLink());
      if (depth === 1 && entries.length > bounds.entries) {
        listing.problem = `has more than ${bounds.entries} entries: that is no image`;
        return listing;
      }
      const taken = entries.slice(0, left);
      left -= taken.length;
      const found = await Promise.all(taken.map((entry) => limit(() => lookAt(root, level, entry, files))));
      for (const each of found) enter(listing, below, each);
    }
    levels = below;
  }
  return listing;
}

async function readEntries(folder: string, files: PromptFiles): Promise<Dirent[]> {
  const entries = await files.list(folder);
  return entries.sort((a, b) => (a.name < b.name ? -1 : 1));
}

type Entry =
  | { readonly type: "file"; readonly name: string; readonly file: FoundFile }
  | { readonly type: "folder"; readonly level: Level }
  | { readonly type: "unreadable"; readonly name: string; readonly reason: string }
  | { readonly type: "other" };

function enter(listing: Listing, below: Level[], entry: Entry): void {
  if (entry.type === "folder") below.push(entry.level);
  if (entry.type === "unreadable") listing.unreadable.set(entry.name, entry.reason);
  if (entry.type === "file") {
    const isHidden = entry.name.split("/").some((part) => part.startsWith("."));
    (isHidden ? listing.hidden : listing.files).set(entry.name, entry.file);
  }
}

async function lookAt(
  root: string,
  { folder, prefix }: Level,
  entry: Dirent,
  files: PromptFiles,
): Promise<Entry> {
  const name = prefix + entry.name;
  const path = join(folder, entry.name);
  if (entry.isSymbolicLink()) return lookBehind(root, name, path, files);
  if (entry.isDirectory()) {
    return entry.name.startsWith(".") ? { type: "other" } : { type: "folder", level: level(path, name) };
  }
  return entry.isFile() ? fileAt(name, path, files) : { type: "other" };
}

async function lookBehind(root: string, name: string, path: string, files: PromptFiles): Promise<Entry> {
  const target = await linkTarget(path);
  // As builders make them: a link right to a file in a store. Anything else is followed to its end.
  if (target !== undefined && parseStorePath(target) !== undefined && resolve(target) === target) {
    const stats = await lstatPath(target);
    if (stats?.isFile()) return file(name, target, stats);
  }
  const real = await realpath(path).catch(codeOf);
  if (!real.startsWith("/")) {
    const why = real === "ENOENT" ? "which is not there" : `which cannot be read (${real})`;
    return { type: "unreadable", name, reason: `links to ${await lastTarget(path)}, ${why}` };
  }
  if (parseStorePath(real) === undefined && !real.startsWith(root === "/" ? root : `${root}/`)) {
    const reason = `links to ${real}, which is neither in the image's folder nor in a nix store`;
    return { type: "unreadable", name, reason };
  }
  return fileAt(name, real, files);
}

async function fileAt(name: string, path: string, files: PromptFiles): Promise<Entry> {
  try {
    const stats = await files.stat(path);
    if (stats.isDirectory()) return { type: "folder", level: level(path, name) };
    return stats.isFile() ? file(name, path, stats) : { type: "other" };
  } catch (error) {
    return { type: "unreadable", name, reason: `cannot be read (${codeOf(error)})` };
  }
}

function file(name: string, path: string, stats: BigIntStats): Entry {
  const isImmutable = parseStorePath(path) !== undefined;
  return { type: "file", name, file: { path, stamp: stampOf(stats), isImmutable } };
}

function level(folder: string, name: string): Level {
  return { folder, prefix: `${name}/` };
}

function codeOf(error: unknown): string {
  return (error as NodeJS.ErrnoException).code ?? "EUNKNOWN";
}
