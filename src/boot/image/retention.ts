/** How long a generation is kept that no new boot gets: as long as a boot under way may need it. */

/** Who uses one generation. Times are of a clock that never goes back, in milliseconds. */
export interface Use {
  /** Files of it that are open for somebody. */
  readonly readers: number;
  /** When a script named it, a file of it was opened or closed, or it stopped being current. */
  readonly lastUseMs: number;
  /** No machine was ever told of it: none can come back for more. */
  readonly isUnused: boolean;
}

export type UseEvent = "published" | "superseded" | "named" | "opened" | "closed";

export interface KeepTimes {
  /** How long after its last use, in milliseconds. */
  readonly keepMs: number;
  /** The same for one that nobody was ever told of. */
  readonly keepUnusedMs: number;
}

/** Advances a generation's use by one event; `undefined` stands for one that was not known before. */
export function useStep(use: Use | undefined, event: UseEvent, nowMs: number): Use {
  const { readers = 0, isUnused = true } = use ?? {};
  switch (event) {
    case "published":
    case "superseded":
      return { readers, lastUseMs: nowMs, isUnused };
    case "named":
      return { readers, lastUseMs: nowMs, isUnused: false };
    case "opened":
      return { readers: readers + 1, lastUseMs: nowMs, isUnused: false };
    case "closed":
      return { readers: Math.max(0, readers - 1), lastUseMs: nowMs, isUnused: false };
  }
}

/** Whether a generation that is no image's current one may be let go of. */
export function isDone(use: Use, nowMs: number, times: KeepTimes): boolean {
  const keepMs = use.isUnused ? times.keepUnusedMs : times.keepMs;
  return use.readers === 0 && nowMs - use.lastUseMs >= keepMs;
}
