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

/** A part of what there is of a kind, by its keys: they are ordered as their UTF-8 is. */
export interface StoreRange {
  /** The first key that belongs to it; absent: from the first one on. */
  readonly from?: string;
  /** The first key that does not belong to it any more; absent: to the last one. */
  readonly below?: string;
  /** The last ones first. */
  readonly reverse?: boolean;
  readonly limit: number;
}

/** One value with its key. */
export type StoredEntry = readonly [key: string, value: Stored];

export interface Store {
  /** Why it keeps nothing; absent: it does, and the state folder is this server's alone. */
  readonly refuses?: Error;
  /** Everything of a kind, as it was last written. */
  load(kind: string): Promise<ReadonlyMap<string, Stored>>;
  /** As much of a kind as is asked for: for kinds that nobody wants to have in memory as a whole. */
  range(kind: string, range: StoreRange): Promise<readonly StoredEntry[]>;
  get(kind: string, key: string): Promise<Stored | undefined>;
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
    async range(kind, { from, below, reverse = false, limit }) {
      const entries = [...(kinds.get(kind) ?? [])]
        .filter(([key]) => from === undefined || compareKeys(key, from) >= 0)
        .filter(([key]) => below === undefined || compareKeys(key, below) < 0)
        .sort(([a], [b]) => (reverse ? compareKeys(b, a) : compareKeys(a, b)));
      return entries.slice(0, limit);
    },
    get: async (kind, key) => kinds.get(kind)?.get(key),
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

/** As SQLite has them in order: by their bytes. */
function compareKeys(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}
