/**
 * Watches folders, not what lies in them: each change of a name in one is told by that name, and no more.
 *
 * chokidar's own events come only after it has looked at every entry itself, which takes longer for a
 * thousand links than to read them again (start and swap, measured by scripts/bench); so the entries are left
 * out, and its `raw` events are enough: any of them only means "look again".
 */

import { stat } from "node:fs/promises";
import { basename } from "node:path";
import { type FSWatcher, watch } from "chokidar";

export interface FolderListener {
  /** Something happened to `name`; without a name, to the folder itself, or before it was watched. */
  changed(folder: string, name: string | undefined): void;
  /** The folder cannot be watched: only looking again will tell. */
  failed(folder: string, error: unknown): void;
}

export interface FolderWatches {
  /** Watches these folders and no others: real paths. One that is not there has to be asked for again. */
  want(folders: ReadonlySet<string>): void;
  has(folder: string): boolean;
  /** Watches the folders that lie in the places of those that were watched: all of them, or one. */
  verify(folder?: string): Promise<void>;
  close(): Promise<void>;
}

interface Watched {
  readonly watcher: FSWatcher;
  /** Tells a folder from another that was moved to its place. */
  readonly inode: bigint;
  /** Ends the wait for the watcher to be ready: one that is closed never is. */
  readonly settle: () => void;
}

export function watchFolders(listener: FolderListener): FolderWatches {
  const watched = new Map<string, Watched>();
  let wanted: ReadonlySet<string> = new Set();
  let turn: Promise<void> | undefined;

  async function apply(): Promise<void> {
    for (let goal: ReadonlySet<string> | undefined; goal !== wanted; ) {
      goal = wanted;
      const gone = [...watched.keys()].filter((folder) => !goal?.has(folder));
      const missing = [...goal].filter((folder) => !watched.has(folder));
      await Promise.all([...gone.map(close), ...missing.map(open)]);
    }
    turn = undefined;
  }
  function want(folders: ReadonlySet<string>): Promise<void> {
    wanted = folders;
    turn ??= apply();
    return turn;
  }
  async function open(folder: string): Promise<void> {
    const inode = await inodeOf(folder);
    if (inode === undefined) return;
    const watcher = watchFolder(folder, listener);
    const settled = Promise.withResolvers<void>();
    watcher.once("ready", settled.resolve).once("error", () => settled.resolve());
    watched.set(folder, { watcher, inode, settle: settled.resolve });
    await settled.promise;
    // What happened between the look that asked for this and now was told to nobody.
    if (watched.get(folder)?.watcher === watcher) listener.changed(folder, undefined);
  }
  async function close(folder: string): Promise<void> {
    const known = watched.get(folder);
    watched.delete(folder);
    known?.settle();
    await known?.watcher.close();
  }
  async function verify(folder: string): Promise<void> {
    const inode = await inodeOf(folder);
    if (watched.get(folder)?.inode === inode) return;
    await close(folder);
    if (wanted.has(folder)) await want(new Set(wanted));
  }
  return {
    want: (folders) => void want(folders),
    has: (folder) => watched.has(folder),
    async verify(folder) {
      await Promise.all((folder === undefined ? [...watched.keys()] : [folder]).map(verify));
    },
    close: () => want(new Set()),
  };
}

function watchFolder(folder: string, listener: FolderListener): FSWatcher {
  const watcher = watch(folder, {
    followSymlinks: false,
    depth: 0,
    ignoreInitial: true,
    ignored: (path) => path !== folder,
    atomic: false,
  });
  watcher.on("raw", (_event, path: string | null) => {
    const name = basename(path ?? "");
    // A folder that is moved or removed names itself.
    listener.changed(folder, name === basename(folder) || name === "" ? undefined : name);
  });
  watcher.on("error", (error) => listener.failed(folder, error));
  return watcher;
}

async function inodeOf(folder: string): Promise<bigint | undefined> {
  try {
    const stats = await stat(folder, { bigint: true });
    return stats.isDirectory() ? stats.ino : undefined;
  } catch {
    return undefined;
  }
}
