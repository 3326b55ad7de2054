/**
 * Says that something changed in a folder, soon after it was still again; never what.
 *
 * Editors, nix and `cp` each have their own way of replacing a file, and events get lost: so whoever
 * listens reads the folder again.
 */

import { sep } from "node:path";
import { watch } from "chokidar";

export interface FolderWatcher {
  /** No call of `onChange` is under way or will come once this is done. */
  close(): Promise<void>;
}

export interface WatchOptions {
  /** Levels of folders below that count too. */
  readonly depth: number;
  /** Called once for a burst of changes, and never while an earlier call is under way. */
  readonly onChange: () => Promise<void>;
  /** Gets what `onChange` throws. */
  readonly onError: (error: unknown) => void;
}

/** Long enough for an editor's rename dance, short enough that nobody waits for it. */
const QUIET_MS = 60;
/** A folder that is never still is read all the same. */
const PATIENCE_MS = 1000;

/** Watches `folder`, which may not exist yet. */
export async function watchFolder(folder: string, options: WatchOptions): Promise<FolderWatcher> {
  let timer: NodeJS.Timeout | undefined;
  let since: number | undefined;
  let running: Promise<void> | undefined;
  let isDirty = false;
  let isClosed = false;

  const run = async () => {
    while (isDirty && !isClosed) {
      isDirty = false;
      await options.onChange().catch(options.onError);
    }
    running = undefined;
  };
  const fire = () => {
    since = undefined;
    isDirty = true;
    running ??= run();
  };
  const touch = () => {
    if (isClosed) return;
    since ??= performance.now();
    clearTimeout(timer);
    timer = setTimeout(fire, Math.min(QUIET_MS, Math.max(0, since + PATIENCE_MS - performance.now())));
  };

  // Links are not followed: a link into the nix store would make it watch the store.
  const watcher = watch(folder, {
    depth: options.depth,
    followSymlinks: false,
    ignoreInitial: true,
    // Of a folder that is not there the one above is watched; what else lies in that is not looked through.
    ignored: (path) => !isWithin(path, folder) && !isWithin(folder, path),
  });
  const { promise: isReady, resolve } = Promise.withResolvers<void>();
  watcher.once("ready", resolve);
  // A folder that may not be read, or no watches left: there are no events then, and nothing else is lost.
  watcher.on("error", () => resolve());
  await isReady;
  watcher.on("all", touch);
  return {
    async close() {
      isClosed = true;
      clearTimeout(timer);
      await watcher.close();
      await running;
    },
  };
}

function isWithin(path: string, folder: string): boolean {
  return path === folder || path.startsWith(folder.endsWith(sep) ? folder : folder + sep);
}
