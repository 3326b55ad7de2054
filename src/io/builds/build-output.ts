/** Knows which hosts' folders builds have left in a folder: those that are there, and those that were. */

import { readdir } from "node:fs/promises";
import { join } from "node:path";
import type { HostName } from "../../boot/host.ts";
import { isHostName } from "../../boot/hosts.ts";
import { type FolderWatcher, watchFolder } from "../folder-watcher.ts";

export interface BuildOutput {
  /** Where each one lies, by its name. One that is gone is still named: a build that begins clears the folder. */
  places(): ReadonlyMap<HostName, string>;
  /** Resolves when the folder was looked at, or there is none. */
  readonly settled: Promise<void>;
  /** Looks at another folder from now on, or at none. */
  follow(folder: string | undefined): void;
  close(): Promise<void>;
}

export interface OutputListener {
  changed(): void;
  failed(error: unknown): void;
}

/** What no event tells: a folder on a network mount. */
const RECHECK_MS = 30_000;

/** @param folder - it need not be there yet */
export function followBuildOutput(folder: string | undefined, listener: OutputListener): BuildOutput {
  let places = new Map<HostName, string>();
  let followed: string | undefined;
  let watching: Promise<FolderWatcher | undefined> = Promise.resolve(undefined);
  let timer: NodeJS.Timeout | undefined;

  async function look(path: string): Promise<void> {
    const entries = await readdir(path, { withFileTypes: true }).catch(() => []);
    if (path !== followed) return;
    const found = entries.filter((entry) => entry.isDirectory() || entry.isSymbolicLink());
    const names = found.map(({ name }) => name).filter((name) => isHostName(name) && !places.has(name));
    if (names.length === 0) return;
    places = new Map([...places, ...names.map((name) => [name, join(path, name)] as const)]);
    listener.changed();
  }
  async function watch(path: string): Promise<FolderWatcher> {
    const onChange = () => look(path);
    const watcher = await watchFolder(path, { depth: 0, onChange, onError: listener.failed });
    await look(path);
    return watcher;
  }
  function follow(path: string | undefined): void {
    if (path === followed) return;
    followed = path;
    places = new Map();
    clearInterval(timer);
    const before = watching;
    watching = before.then(async (watcher) => {
      await watcher?.close();
      return path === undefined || path !== followed ? undefined : watch(path);
    });
    watching.catch(listener.failed);
    if (path !== undefined) timer = setInterval(() => look(path).catch(listener.failed), RECHECK_MS);
  }
  follow(folder);
  return {
    places: () => places,
    settled: watching.then(() => {}).catch(() => {}),
    follow,
    async close() {
      followed = undefined;
      clearInterval(timer);
      await (await watching.catch(() => undefined))?.close();
    },
  };
}
