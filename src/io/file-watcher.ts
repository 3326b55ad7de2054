/** Reads a file again when it changed: the whole of it is applied, or nothing. */

import { readFile } from "node:fs/promises";
import { dirname } from "node:path";
import { type FolderWatcher, watchFolder } from "./folder-watcher.ts";

export interface FileWatch<T> {
  /** It may not exist yet, and it may go. */
  readonly file: string;
  /** Reads and checks everything; throws when there is a mistake. */
  readonly load: () => Promise<T>;
  readonly onLoaded: (value: T) => void;
  /** Gets what `load` threw; what was loaded before stays. */
  readonly onRefused: (error: unknown) => void;
}

/** What no event tells: a file on a network mount, a link's target that was overwritten. */
const RECHECK_MS = 30_000;

/**
 * Watches a file, however an editor, a link or a mount replaces it.
 *
 * The file's folder is watched and not the file: a link or a file that is renamed over would take
 * the watch away with the old one.
 */
export async function watchFile<T>(options: FileWatch<T>): Promise<FolderWatcher> {
  let last = await textOf(options.file);
  const recheck = async () => {
    const text = await textOf(options.file);
    if (text === last) return;
    last = text;
    let value: T;
    try {
      value = await options.load();
    } catch (error) {
      options.onRefused(error);
      return;
    }
    options.onLoaded(value);
  };
  const watcher = await watchFolder(dirname(options.file), {
    depth: 0,
    onChange: recheck,
    onError: options.onRefused,
  });
  const timer = setInterval(() => recheck().catch(options.onRefused), RECHECK_MS);
  timer.unref();
  return {
    close() {
      clearInterval(timer);
      return watcher.close();
    },
  };
}

async function textOf(file: string): Promise<string | undefined> {
  return readFile(file, "utf8").catch(() => undefined);
}
