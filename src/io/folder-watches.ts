/**
 * Watches folders, not what lies in them: each change of a name in one is told by that name, and no more.
 *
 * Node's own watching and not chokidar's, which first looks at every entry and at where each link leads:
 * that takes longer for a thousand links than to read them again.
 */

import { type FSWatcher, watch } from "node:fs";
import { stat } from "node:fs/promises";
import { basename } from "node:path";

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
}

interface State {
  readonly listener: FolderListener;
  readonly watched: Map<string, Watched>;
  wanted: ReadonlySet<string>;
  /** Settles when what is watched is what is wanted. */
  turn: Promise<void> | undefined;
}

export function watchFolders(listener: FolderListener): FolderWatches {
  const state: State = { listener, watched: new Map(), wanted: new Set(), turn: undefined };
  return {
    want: (folders) => void want(state, folders),
    has: (folder) => state.watched.has(folder),
    async verify(folder) {
      const folders = folder === undefined ? [...state.watched.keys()] : [folder];
      await Promise.all(folders.map((each) => verify(state, each)));
    },
    close: () => want(state, new Set()),
  };
}

function want(state: State, folders: ReadonlySet<string>): Promise<void> {
  state.wanted = folders;
  state.turn ??= apply(state);
  return state.turn;
}

/** Once more if something else was wanted meanwhile. */
async function apply(state: State): Promise<void> {
  for (let goal: ReadonlySet<string> | undefined; goal !== state.wanted; ) {
    goal = state.wanted;
    const gone = [...state.watched.keys()].filter((folder) => !goal?.has(folder));
    const missing = [...goal].filter((folder) => !state.watched.has(folder));
    for (const folder of gone) close(state, folder);
    await Promise.all(missing.map((folder) => open(state, folder)));
  }
  state.turn = undefined;
}

async function open({ watched, listener }: State, folder: string): Promise<void> {
  const inode = await inodeOf(folder);
  if (inode === undefined) return;
  try {
    watched.set(folder, { watcher: watchFolder(folder, listener), inode });
  } catch (error) {
    listener.failed(folder, error);
  }
  // What happened between the look that asked for this and now was told to nobody.
  listener.changed(folder, undefined);
}

function close({ watched }: State, folder: string): void {
  watched.get(folder)?.watcher.close();
  watched.delete(folder);
}

async function verify(state: State, folder: string): Promise<void> {
  const inode = await inodeOf(folder);
  if (state.watched.get(folder)?.inode === inode) return;
  close(state, folder);
  if (state.wanted.has(folder)) await want(state, new Set(state.wanted));
}

function watchFolder(folder: string, listener: FolderListener): FSWatcher {
  const watcher = watch(folder, (_event, name) => {
    // A folder that is moved or removed names itself.
    listener.changed(folder, name === basename(folder) || name === null ? undefined : name);
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
