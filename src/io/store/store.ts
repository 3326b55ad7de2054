/**
 * What must not be forgotten, as values by kind and key: leases, approvals, what was learnt of machines.
 *
 * Nothing here knows what a value means; whoever loads one checks it.
 */

/** A value that JSON holds without loss. */
export type Stored = unknown;

/** One value to keep under its key, or, without a value, to forget. */
export interface StoreEntry {
  readonly kind: string;
  readonly key: string;
  readonly value: Stored | undefined;
}

export interface Store {
  /** Everything of a kind, as it was last written. */
  load(kind: string): Promise<ReadonlyMap<string, Stored>>;
  /**
   * Writes all entries or none of them, in the order of the calls; resolves when they are on the disk,
   * so that neither a crash nor a power cut loses them. Calls that wait together share one write.
   */
  put(entries: readonly StoreEntry[]): Promise<void>;
  /** Waits for what was put, and lets go of the files. */
  close(): Promise<void>;
}

/** A store that lasts as long as the process: where nothing has to outlive it. */
export function createMemoryStore(): Store {
  const kinds = new Map<string, Map<string, Stored>>();
  return {
    load: async (kind) => new Map(kinds.get(kind)),
    async put(entries) {
      for (const { kind, key, value } of entries) {
        const values = kinds.get(kind) ?? new Map<string, Stored>();
        kinds.set(kind, values);
        if (value === undefined) values.delete(key);
        else values.set(key, structuredClone(value));
      }
    },
    async close() {},
  };
}
