/** Remembers which generation a token means, since it holds only a mark of the id, for as long as tokens live. */

import type { GenerationId } from "../../boot/generation.ts";
import type { Snapshot } from "../../boot/snapshot.ts";
import { GENERATION_MARK_BYTES } from "../../wire/check-in/claim.ts";
import type { Store } from "../store/store.ts";
import { markOf } from "./check-in-secret.ts";

/** Under which kind the store has them, by mark. */
export const MARK_KIND = "check-in-generation";

export interface GenerationMarks {
  /** The mark of a generation that a boot begins with. */
  mark(id: GenerationId): string;
  find(mark: string, snapshot: Snapshot): GenerationId | undefined;
}

interface Marked {
  readonly id: GenerationId;
  /** When a boot last began with it, give or take {@link FRESH_MS}. */
  readonly lastMs: number;
}

/** A rack that boots writes once, not a thousand times. */
const FRESH_MS = 60 * 60_000;

/**
 * @param keepMs - how long the tokens of the last boot count
 * @param nowMs - milliseconds since the epoch
 */
export async function openGenerationMarks(
  store: Store,
  keepMs: number,
  nowMs: () => number,
): Promise<GenerationMarks> {
  const marked = new Map<string, Marked>();
  const keep = (mark: string, value: Marked | undefined) => {
    // Without it the mark is found as long as the generation is served.
    store.put([{ kind: MARK_KIND, key: mark, value }]).catch(() => {});
  };
  for (const [mark, value] of await store.load(MARK_KIND)) {
    const found = readMarked(value);
    if (found !== undefined && nowMs() - found.lastMs < keepMs + FRESH_MS) marked.set(mark, found);
    else keep(mark, undefined);
  }
  return {
    mark(id) {
      const mark = markOf(id, GENERATION_MARK_BYTES);
      const lastMs = nowMs();
      if (lastMs - (marked.get(mark)?.lastMs ?? 0) > FRESH_MS) {
        marked.set(mark, { id, lastMs });
        keep(mark, { id, lastMs });
      }
      return mark;
    },
    find: (mark, { generations }) =>
      marked.get(mark)?.id ??
      [...generations.keys()].find((id) => markOf(id, GENERATION_MARK_BYTES) === mark),
  };
}

function readMarked(value: unknown): Marked | undefined {
  if (typeof value !== "object" || value === null || !("id" in value) || !("lastMs" in value))
    return undefined;
  const { id, lastMs } = value;
  return typeof id === "string" && typeof lastMs === "number" ? { id, lastMs } : undefined;
}
