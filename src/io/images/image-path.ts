/**
 * Where an image really lies: store paths, generation ids, and the chain of links that leads there.
 */

import { createHash } from "node:crypto";
import { lstat, realpath } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import type { GenerationId } from "../../boot/generation.ts";
import { linkTarget, lstatPath } from "./quick-fs.ts";

/** A path in a nix store, `/nix/store/HASH-NAME/INNER`, or in our own, `…/mayfly-store/d-DIGEST/INNER`. */
export interface StorePath {
  /** Whose store it is: who makes its paths, and removes them. */
  readonly owner: "nix" | "mayfly";
  /** `/nix/store/HASH-NAME`: what is made once, never changes, and may be collected. */
  readonly root: string;
  readonly name: string;
  /** Below the root, without a leading `/`; empty for the root itself. */
  readonly inner: string;
}

/** Nix's own alphabet, without e, o, u and t; any folder named `store` may be a private store. */
const STORE_PATH = /^(.*?\/store)\/([0-9a-df-np-sv-z]{32}-[0-9A-Za-z+._?=-]+)(?:\/(.*))?$/;

/** The name of the folder that is our own store. */
export const OWN_STORE = "mayfly-store";
/** The id of a generation that has no name from nix ({@link import("./content-id.ts").contentId}). */
const OWN_PATH = new RegExp(`^(.*?/${OWN_STORE})/(d-[0-9a-f]{32})(?:/(.*))?$`);

/** @param path - absolute, without `.` and `..` */
export function parseStorePath(path: string): StorePath | undefined {
  const inNix = STORE_PATH.exec(path);
  const [, store, name, inner = ""] = inNix ?? OWN_PATH.exec(path) ?? [];
  if (store === undefined || name === undefined) return undefined;
  return { owner: inNix === null ? "mayfly" : "nix", root: `${store}/${name}`, name, inner };
}

/**
 * The id of a generation in a store: the base name of its store path, as one safe segment of a URL.
 *
 * A folder within a store path gets a mark of its own, since it is not the same bytes. Neither that
 * nor the replacing of a `?` can make two ids equal: the hash in the name is of the whole store path.
 */
export function storeGenerationId({ name, inner }: StorePath): GenerationId {
  const id = name.replaceAll("?", "_");
  if (inner === "") return id;
  return `${id}.${createHash("sha256").update(inner).digest("hex").slice(0, 16)}`;
}

/** A name in a folder whose replacement can change where an image lies. */
export interface Hop {
  readonly folder: string;
  readonly name: string;
}

export interface Place {
  /** The real path; absent when the links lead nowhere. */
  readonly real?: string;
  readonly isInStore: boolean;
  /** Nothing has the image's name, not even a link. */
  readonly isAbsent: boolean;
  /** What the first link says, for people and for telling that it changed. */
  readonly target?: string;
  /** What to watch. */
  readonly hops: readonly Hop[];
}

/** As many links in a row as the kernel follows. */
const MAX_LINKS = 40;

/**
 * Follows an image's name, through any number of links, to where it lies.
 *
 * @param hopsOf - the hops of the folder that the name is in: many images share one, which may be known
 */
export async function findPlace(
  path: string,
  hopsOf: (folder: string) => Promise<FolderHops>,
): Promise<Place> {
  const start = resolve(path);
  const [target, outer] = await Promise.all([linkTarget(start), hopsOf(dirname(start))]);
  const own = { folder: outer.real ?? dirname(start), name: basename(start) };
  const real = (await directPath(target)) ?? (await realPath(start)).real;
  const place = {
    ...(real === undefined ? {} : { real }),
    ...(target === undefined ? {} : { target }),
    isInStore: real !== undefined && parseStorePath(real) !== undefined,
    isAbsent: false,
  };
  // Nearly every image: one link from the media folder right into the store.
  if (target !== undefined && parseStorePath(target) !== undefined) {
    return { ...place, hops: [...outer.hops, own] };
  }
  if (target === undefined) {
    const isAbsent = real === undefined && (await isNothing(start));
    return { ...place, isAbsent, hops: [...outer.hops, own] };
  }
  const inner = await findHops(resolve(own.folder, target));
  return { ...place, hops: [...outer.hops, own, ...inner] };
}

/**
 * A link's target that is itself a folder in a store, so that there is nothing left to follow.
 *
 * A store behind a link (`/nix` on another disk) has two names; the one that the link says will do.
 */
async function directPath(target: string | undefined): Promise<string | undefined> {
  if (target === undefined || parseStorePath(target)?.inner !== "" || resolve(target) !== target)
    return undefined;
  return (await lstatPath(target))?.isDirectory() ? target : undefined;
}

export interface FolderHops {
  /** The real path; absent when the folder is not there. */
  readonly real?: string;
  readonly hops: readonly Hop[];
}

/** What to watch so as to see a folder appear or be replaced. */
export async function findFolder(folder: string): Promise<FolderHops> {
  const start = resolve(folder);
  const [{ real }, hops] = await Promise.all([realPath(start), findHops(start)]);
  return { ...(real === undefined ? {} : { real }), hops };
}

async function realPath(path: string): Promise<{ readonly real?: string }> {
  try {
    return { real: await realpath(path) };
  } catch {
    return {};
  }
}

/** The name itself and every link on the way, each in its real folder; in a store nothing is ever replaced. */
async function findHops(start: string): Promise<Hop[]> {
  const hops: Hop[] = [];
  let rest = start.split("/").filter((part) => part !== "");
  let folder = "/";
  for (let links = 0; rest.length > 0 && links <= MAX_LINKS; ) {
    const [name = "", ...after] = rest;
    const next = name === ".." ? dirname(folder) : join(folder, name);
    if (parseStorePath(next) !== undefined) break;
    const target = name === ".." ? undefined : await linkTarget(next);
    if (target === undefined) {
      // The last name, and the first one that is not there, may be made or replaced.
      const isMissing = name !== ".." && !(await exists(next));
      if (isMissing || after.length === 0) hops.push({ folder, name });
      if (isMissing) break;
      folder = next;
      rest = after;
    } else {
      links++;
      hops.push({ folder, name });
      if (target.startsWith("/")) folder = "/";
      rest = [...target.split("/").filter((part) => part !== "" && part !== "."), ...after];
    }
  }
  return hops;
}

async function exists(path: string): Promise<boolean> {
  return (await lstatPath(path)) !== undefined;
}

/** What we may not see is not gone. */
async function isNothing(path: string): Promise<boolean> {
  const code = await lstat(path).then(
    () => undefined,
    (error: NodeJS.ErrnoException) => error.code,
  );
  return code === "ENOENT" || code === "ENOTDIR";
}

/** Follows a link as far as links go, whether or not the end exists; `undefined` if the path is no link. */
export async function lastTarget(path: string): Promise<string | undefined> {
  let at = path;
  for (let links = 0; links < MAX_LINKS; links++) {
    const target = await linkTarget(at);
    if (target === undefined) return at === path ? undefined : at;
    at = resolve(dirname(at), target);
  }
  return undefined;
}
