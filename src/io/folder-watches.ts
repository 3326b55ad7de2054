/**
 * Watches folders, not what lies in them: each change of a name in one is told by that name, and no more.
 *
 * chokidar's own events come only after it has looked at every entry itself, which takes longer for a
 * thousand links than to read them again; so the entries are left out, and its raw events are enough.
 */

import { stat } from "node:fs/promises";
import { basename } from "node:path";
import { type FSWatcher, watch } from "chokidar";

export interface FolderListener {
  /** Something happened to `name`; without a name, to anything in the folder or to itself. */
  changed(folder: string, name: string | undefined): void;
  /** The folder cannot be watched: only looking again will tell. */
  failed(folder: string, error: unknown): void;
}

export interface FolderWatches {
  /** Watches these folders and no others: real paths. One that is not there is left out until asked for again. */
  want(folders: ReadonlySet<string>): Promise<void>;
  close(): Promise<void>;
}

interface Watched {
  readonly watcher: FSWatcher;
  /** Tells a folder from another that was moved to its place. */
  readonly inode: bigint;
}

export function watchFolders(listener: FolderListener): FolderWatches {
  const watched = new Map<string, Watched>();
  let turn: Promise<void> = Promise.resolve();

  async function open(folder: string): Promise<void> {
    const inode = await inodeOf(folder);
    const known = watched.get(folder);
    if (known !== undefined && known.inode === inode) return;
    await close(folder);
    if (inode === undefined) return;
    const watcher = watch(folder, {
      followSymlinks: false,
      depth: 0,
      ignoreInitial: true,
      ignored: (path) => path !== folder,
      atomic: false,
    });
    watched.set(folder, { watcher, inode });
    watcher.on("raw", (_event, path: string | null) => {
      const name = basename(path ?? "");
      // A folder that is moved or removed names itself.
      listener.changed(folder, name === basename(folder) || name === "" ? undefined : name);
    });
    watcher.on("error", (error) => listener.failed(folder, error));
    await new Promise<void>((settled) => watcher.once("ready", settled).once("error", () => settled()));
    // What happened between the look that asked for this and now was told to nobody.
    listener.changed(folder, undefined);
  }

  async function close(folder: string): Promise<void> {
    const known = watched.get(folder);
    watched.delete(folder);
    await known?.watcher.close();
  }

  async function apply(folders: ReadonlySet<string>): Promise<void> {
    const gone = [...watched.keys()].filter((folder) => !folders.has(folder));
    await Promise.all(gone.map(close));
    await Promise.all(Array.from(folders, open));
  }

  return {
    want(folders) {
      turn = turn.then(() => apply(folders));
      return turn;
    },
    close() {
      turn = turn.then(() => apply(new Set()));
      return turn;
    },
  };
}

async function inodeOf(folder: string): Promise<bigint | undefined> {
  try {
    const stats = await stat(folder, { bigint: true });
    return stats.isDirectory() ? stats.ino : undefined;
  } catch {
    return undefined;
  }
}
