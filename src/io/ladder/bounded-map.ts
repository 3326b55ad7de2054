/** A table of the keys that were used last: past its bound the longest unused one is let go. */

export interface BoundedMap<Value> {
  /** Does not count as use. */
  get(key: string): Value | undefined;
  /** Puts it in front; returns the key that had to go. */
  set(key: string, value: Value): string | undefined;
  delete(key: string): void;
  values(): Iterable<Value>;
}

export function createBoundedMap<Value>(maxSize: number): BoundedMap<Value> {
  // A Map iterates in the order of insertion: what is used again is inserted again.
  const kept = new Map<string, Value>();
  return {
    get: (key) => kept.get(key),
    set(key, value) {
      kept.delete(key);
      kept.set(key, value);
      if (kept.size <= maxSize) return undefined;
      const [oldest] = kept.keys();
      if (oldest !== undefined) kept.delete(oldest);
      return oldest;
    },
    delete: (key) => void kept.delete(key),
    values: () => kept.values(),
  };
}
