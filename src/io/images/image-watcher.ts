/**
 * Knows which images there are and says when to look at one again: names in the media folder, and
 * named paths anywhere on disk.
 *
 * Any event means no more than "look again". What no event tells (a target that was collected, a
 * network mount) is found by looking at everything every so often.
 */

import type { Dirent } from "node:fs";
import { readdir } from "node:fs/promises";
import { join, resolve } from "node:path";
import type { ImageName } from "../../boot/host.ts";
import { type FolderWatches, watchFolders } from "./folder-watches.ts";
import { type FolderHops, findFolder, type Hop } from "./image-path.ts";
import { linkTarget } from "./quick-fs.ts";

export interface WatcherListener {
  /** Look at this image again. */
  look(image: ImageName): void;
  /** The names in the media folder are others than before. */
  entries(names: ReadonlySet<ImageName>): void;
  notice(text: string, cure: string): void;
}

export interface ImageWatcher {
  /** Settles when the names in the media folder are known. */
  readonly started: Promise<void>;
  entries(): ReadonlySet<ImageName>;
  /** What else to watch for an image: the links that lead to it, and its folder if that can change. */
  interest(image: ImageName, hops: readonly Hop[], folder: string | undefined): void;
  /** The hops of a folder, from memory for a while. */
  hopsOf(folder: string): Promise<FolderHops>;
  /** The image was looked at, and this is what its link said then. */
  seen(image: ImageName, target: string | undefined): void;
  /** The image's place has been empty for long enough, or is nobody's concern any more. */
  forget(image: ImageName): void;
  /** Reads the media folder again now, and has everything looked at. */
  recheck(): Promise<void>;
  close(): Promise<void>;
}

/** A name in the media folder that is an image's. */
const IMAGE_NAME = /^[A-Za-z0-9][A-Za-z0-9._-]*$/;
/** nix makes its links under such a name first; the other is the Raspberry Pi folder of a host. */
const NOT_AN_IMAGE = /^\.|\.tmp-\d+-\d+$|\.rpi4$/;

/** Stands for the media folder itself among those who are interested in a folder. */
const MEDIA = "";
/** The mark of a name whose link was not read yet. */
const UNREAD = "";
/** Events may be lost when very many come at once, so what they name is not all that is looked at. */
const AFTERWARDS_MS = 300;

interface Watcher {
  readonly listener: WatcherListener;
  /** As it was given; its real path may change. */
  readonly hostsFolder: string | undefined;
  readonly folders: FolderWatches;
  /** Which names of a folder matter to whom; `undefined`: all of them. */
  readonly interests: Map<string, Map<ImageName, Set<string> | undefined>>;
  /** What each name in the media folder was when it was last read: the text of a link, or a folder. */
  readonly marks: Map<ImageName, string>;
  readonly ignored: Set<string>;
  readonly hops: Map<string, Promise<FolderHops>>;
  media: FolderHops;
  scanning: Promise<void> | undefined;
  isScanWanted: boolean;
  isWantQueued: boolean;
  afterwards: NodeJS.Timeout | undefined;
  isClosed: boolean;
}

export function watchImages(hostsFolder: string | undefined, listener: WatcherListener): ImageWatcher {
  const watcher = createWatcher(hostsFolder, listener);
  return {
    started: scan(watcher),
    entries: () => new Set(watcher.marks.keys()),
    interest: (image, hops, folder) => setInterest(watcher, image, hops, folder),
    hopsOf: (folder) => hopsOf(watcher, folder),
    seen(image, target) {
      if (watcher.marks.has(image)) watcher.marks.set(image, markOfLink(target));
    },
    forget(image) {
      setInterest(watcher, image, [], undefined);
      if (watcher.marks.delete(image)) tellEntries(watcher);
    },
    async recheck() {
      watcher.hops.clear();
      await watcher.folders.verify();
      for (const name of watcher.marks.keys()) watcher.marks.set(name, UNREAD);
      await scan(watcher);
    },
    close() {
      watcher.isClosed = true;
      clearTimeout(watcher.afterwards);
      return watcher.folders.close();
    },
  };
}

function createWatcher(hostsFolder: string | undefined, listener: WatcherListener): Watcher {
  const watcher: Watcher = {
    listener,
    hostsFolder: hostsFolder === undefined ? undefined : resolve(hostsFolder),
    folders: watchFolders({
      changed: (folder, name) => changed(watcher, folder, name),
      failed: (folder, error) => failed(watcher, folder, error),
    }),
    interests: new Map(),
    marks: new Map(),
    ignored: new Set(),
    hops: new Map(),
    media: { hops: [] },
    scanning: undefined,
    isScanWanted: false,
    isWantQueued: false,
    afterwards: undefined,
    isClosed: false,
  };
  return watcher;
}

function changed(watcher: Watcher, folder: string, name: string | undefined): void {
  if (watcher.isClosed || (name !== undefined && NOT_AN_IMAGE.test(name) && folder === watcher.media.real))
    return;
  // An image's own name in the media folder is on nobody's way, and is what changes a thousand times at once.
  let isOnTheWay = name === undefined;
  for (const [image, names] of watcher.interests.get(folder) ?? []) {
    if (name !== undefined && names !== undefined && !names.has(name)) continue;
    if (image === MEDIA && folder === watcher.media.real && name !== undefined && watcher.marks.has(name)) {
      watcher.listener.look(name);
      scanAfterwards(watcher);
      continue;
    }
    isOnTheWay = true;
    if (image === MEDIA) void scan(watcher);
    else watcher.listener.look(image);
  }
  if (isOnTheWay) watcher.hops.clear();
  // It may be another folder in the same place.
  if (name === undefined) void watcher.folders.verify(folder);
}

/** One look at all names some time after the last of many events, not after each. */
function scanAfterwards(watcher: Watcher): void {
  watcher.afterwards ??= setTimeout(() => {
    watcher.afterwards = undefined;
    void scan(watcher);
  }, AFTERWARDS_MS);
}

/** Reads the names in the media folder; one reading at a time, and one more if it was asked for meanwhile. */
function scan(watcher: Watcher): Promise<void> {
  watcher.isScanWanted = true;
  watcher.scanning ??= (async () => {
    try {
      while (watcher.isScanWanted && !watcher.isClosed) {
        watcher.isScanWanted = false;
        await scanOnce(watcher);
      }
    } finally {
      watcher.scanning = undefined;
    }
  })();
  return watcher.scanning;
}

async function scanOnce(watcher: Watcher): Promise<void> {
  const { hostsFolder } = watcher;
  if (hostsFolder === undefined) return;
  watcher.media = await findFolder(hostsFolder);
  const { real, hops } = watcher.media;
  setInterest(watcher, MEDIA, hops, real);
  if (real !== undefined) void watcher.folders.verify(real);
  const entries = real === undefined ? [] : await readdir(real, { withFileTypes: true }).catch(() => []);
  const marks = await Promise.all(entries.map((entry) => markOf(watcher, real ?? hostsFolder, entry)));
  const found = new Map<ImageName, string>();
  for (const [i, entry] of entries.entries()) {
    const mark = marks[i];
    if (mark !== undefined) found.set(entry.name, mark);
  }
  const isNews = [...found.keys()].some((name) => !watcher.marks.has(name));
  const before = new Map(watcher.marks);
  for (const [name, mark] of found) watcher.marks.set(name, mark);
  if (isNews) tellEntries(watcher);
  for (const name of watcher.marks.keys())
    if (found.get(name) === UNREAD || found.get(name) !== before.get(name)) watcher.listener.look(name);
}

/** `undefined` for what is no image: files (a README), links under way, names that no host can have. */
async function markOf(watcher: Watcher, folder: string, entry: Dirent): Promise<string | undefined> {
  if (NOT_AN_IMAGE.test(entry.name)) return undefined;
  const isLink = entry.isSymbolicLink();
  if (!isLink && !entry.isDirectory()) return undefined;
  if (IMAGE_NAME.test(entry.name)) {
    // A name that is new is looked at anyway, and its link read then.
    if ((watcher.marks.get(entry.name) ?? UNREAD) === UNREAD) return UNREAD;
    return markOfLink(isLink ? await linkTarget(join(folder, entry.name)) : undefined);
  }
  if (!watcher.ignored.has(entry.name)) {
    watcher.ignored.add(entry.name);
    const text = `${join(folder, entry.name)} is ignored: a host's name has letters, digits, '.', '_' and '-'`;
    watcher.listener.notice(text, "rename it");
  }
  return undefined;
}

function markOfLink(target: string | undefined): string {
  return target === undefined ? "folder" : `-> ${target}`;
}

function tellEntries(watcher: Watcher): void {
  if (!watcher.isClosed) watcher.listener.entries(new Set(watcher.marks.keys()));
}

function setInterest(
  watcher: Watcher,
  image: ImageName,
  hops: readonly Hop[],
  folder: string | undefined,
): void {
  const wanted = new Map<string, Set<string> | undefined>();
  for (const hop of hops) {
    // An image's own name in the media folder is looked after for all images at once.
    if (hop.folder === watcher.media.real && hop.name === image) continue;
    const names = wanted.get(hop.folder) ?? new Set();
    wanted.set(hop.folder, names.add(hop.name));
  }
  if (folder !== undefined) wanted.set(folder, undefined);
  for (const [path, images] of watcher.interests) {
    if (wanted.has(path) || !images.delete(image)) continue;
    if (images.size === 0) watcher.interests.delete(path);
    queueWant(watcher);
  }
  for (const [path, names] of wanted) {
    const images = watcher.interests.get(path) ?? new Map();
    if (!watcher.folders.has(path)) queueWant(watcher);
    watcher.interests.set(path, images.set(image, names));
  }
}

/** Many images change their interests at once; the folders are gone through once for all of them. */
function queueWant(watcher: Watcher): void {
  if (watcher.isWantQueued) return;
  watcher.isWantQueued = true;
  setImmediate(() => {
    watcher.isWantQueued = false;
    if (!watcher.isClosed) watcher.folders.want(new Set(watcher.interests.keys()));
  });
}

function hopsOf(watcher: Watcher, folder: string): Promise<FolderHops> {
  const known = watcher.hops.get(folder) ?? findFolder(folder);
  watcher.hops.set(folder, known);
  return known;
}

function failed(watcher: Watcher, folder: string, error: unknown): void {
  const { code, message } = error as NodeJS.ErrnoException;
  if (watcher.ignored.has(folder)) return;
  watcher.ignored.add(folder);
  watcher.listener.notice(
    `${folder} cannot be watched (${code ?? message}): changes in it are seen late`,
    code === "ENOSPC" ? "sysctl fs.inotify.max_user_watches=524288" : "look at the rights of the folder",
  );
}
