/**
 * Which generations are needed: those that new boots get, those that boots under way may still fetch, those
 * that are pinned or that a rollout is about, and the last few of each image, for whoever wants to go back.
 */

import type { GenerationId } from "../generation.ts";
import type { GenerationRecord } from "../history/record.ts";
import type { ImageName } from "../host.ts";

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

/** What a generation is needed for, the most pressing reason where there are several. */
export type Need =
  /** It is what a boot that starts now gets. */
  | "current"
  /** A boot under way may still fetch it. */
  | "under-way"
  /** It is pinned, or a rollout may give it to a machine. */
  | "wanted"
  /** It is one of the last of its image. */
  | "rollback";

export interface Needs extends KeepTimes {
  /** The images' current generations. */
  readonly current: ReadonlySet<GenerationId>;
  /** Of each generation that is kept now. */
  readonly uses: ReadonlyMap<GenerationId, Use>;
  /** Pinned, or named by a rollout. */
  readonly wanted: ReadonlySet<GenerationId>;
  /** The images that hosts have. */
  readonly images: Iterable<ImageName>;
  /** What was published for an image, the last one first. */
  readonly recordsOf: (image: ImageName) => readonly Pick<GenerationRecord, "id">[];
  /** How many generations of an image are kept beside the current one. */
  readonly rollbackDepth: number;
}

/**
 * Which generations are needed, and what for. What is not among them may go.
 *
 * @param nowMs - of the clock that the uses are of, in milliseconds
 */
export function neededGenerations(needs: Needs, nowMs: number): ReadonlyMap<GenerationId, Need> {
  const needed = new Map<GenerationId, Need>();
  for (const image of needs.images) {
    for (const id of lastOf(needs.recordsOf(image), needs)) needed.set(id, "rollback");
  }
  for (const id of needs.wanted) needed.set(id, "wanted");
  for (const [id, use] of needs.uses) if (!isDone(use, nowMs, needs)) needed.set(id, "under-way");
  for (const id of needs.current) needed.set(id, "current");
  return needed;
}

/** The last ones that are not current: what a rollback, and a rollback after it, leads to. */
function lastOf(records: readonly Pick<GenerationRecord, "id">[], { current, rollbackDepth }: Needs) {
  const last = new Set<GenerationId>();
  for (const { id } of records) {
    if (last.size >= rollbackDepth) break;
    if (!current.has(id)) last.add(id);
  }
  return last;
}
