/** Writes what changed under its keys in batches, a while after the first change; never more than is there. */

import type { Store, Stored } from "../store/store.ts";

export interface BatchSaver {
  /** What was kept; call it once, before anything is flushed. */
  load(): Promise<ReadonlyMap<string, Stored>>;
  /** This key's value is another now, or gone. */
  mark(key: string): void;
  /** Forgets a key on the disk at once. */
  forget(key: string): Promise<void>;
  /** Writes everything that was marked. */
  flush(): Promise<void>;
}

export interface BatchSaverOptions {
  readonly store: Store;
  readonly kind: string;
  readonly afterMs: number;
  /** What a key holds now; `undefined` for one that is gone. */
  readonly read: (key: string) => Stored | undefined;
  /** Called before a batch is written of which nobody waits for the end. */
  readonly onDue: () => Promise<void>;
  /** Gets what keeps a batch from being written, and `undefined` when one was again. */
  readonly onTrouble: (error: unknown) => void;
}

/** Written at once: a transaction of so many takes a millisecond or two, in which no packet is answered. */
const BATCH = 250;

export function createBatchSaver(options: BatchSaverOptions): BatchSaver {
  const { store, kind, afterMs, read, onDue, onTrouble } = options;
  const marked = new Set<string>();
  const onDisk = new Set<string>();
  let timer: NodeJS.Timeout | undefined;
  let saving: Promise<void> = Promise.resolve();

  async function write(keys: readonly string[]): Promise<void> {
    const entries = keys.map((key) => ({ kind, key, value: read(key) }));
    await store.put(entries);
    for (const { key, value } of entries) {
      if (value === undefined) onDisk.delete(key);
      else onDisk.add(key);
      // It went while it was being written.
      if (value !== undefined && read(key) === undefined) marked.add(key);
    }
  }

  async function save(): Promise<void> {
    const keys = [...marked];
    marked.clear();
    try {
      for (let from = 0; from < keys.length; from += BATCH) await write(keys.slice(from, from + BATCH));
      onTrouble(undefined);
    } catch (error) {
      // They go with the next batch; what neither is there nor was written has nothing to say any more.
      for (const key of keys) if (read(key) !== undefined || onDisk.has(key)) marked.add(key);
      onTrouble(error);
    }
  }

  return {
    async load() {
      const stored = await store.load(kind);
      for (const key of stored.keys()) onDisk.add(key);
      return stored;
    },
    mark(key) {
      if (read(key) === undefined && !onDisk.has(key)) marked.delete(key);
      else marked.add(key);
      timer ??= setTimeout(() => {
        timer = undefined;
        saving = saving.then(onDue).then(save);
      }, afterMs).unref();
    },
    async forget(key) {
      marked.delete(key);
      await store.put([{ kind, key, value: undefined }]);
      onDisk.delete(key);
    },
    flush() {
      clearTimeout(timer);
      timer = undefined;
      saving = saving.then(save);
      return saving;
    },
  };
}
