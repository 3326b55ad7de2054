/** Keeps what was read last, up to a number of bytes; the least recently used goes first. */

export interface RecentlyUsed<Value> {
  /** Also marks it as used. */
  get(key: string): Value | undefined;
  put(key: string, value: Value, sizeBytes: number): void;
  /** Drops every key that begins so. */
  drop(prefix: string): void;
}

export function createRecentlyUsed<Value>(budgetBytes: number): RecentlyUsed<Value> {
  // A Map iterates in the order of insertion: what is used again is inserted again.
  const kept = new Map<string, { readonly value: Value; readonly sizeBytes: number }>();
  let usedBytes = 0;

  function remove(key: string): void {
    usedBytes -= kept.get(key)?.sizeBytes ?? 0;
    kept.delete(key);
  }
  return {
    get(key) {
      const found = kept.get(key);
      if (found === undefined) return undefined;
      kept.delete(key);
      kept.set(key, found);
      return found.value;
    },
    put(key, value, sizeBytes) {
      remove(key);
      kept.set(key, { value, sizeBytes });
      usedBytes += sizeBytes;
      for (const oldest of kept.keys()) {
        if (usedBytes <= budgetBytes) break;
        remove(oldest);
      }
    },
    drop(prefix) {
      for (const key of kept.keys()) if (key.startsWith(prefix)) remove(key);
    },
  };
}
