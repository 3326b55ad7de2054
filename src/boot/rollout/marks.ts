/** What a rollout has found out, or was told, of one generation of a host. Pure. */

import type { GenerationId } from "../generation.ts";
import type { BadReason, Track } from "./rollout.ts";

export interface Marks {
  /** It has come up. */
  readonly isProven: boolean;
  /** It is newer than what everybody gets, and on its way. */
  readonly isCandidate: boolean;
  readonly isPinned: boolean;
  /** Why it is not given any more. */
  readonly bad?: BadReason;
}

export function marksOf({ proven, candidate, pin, bad }: Track, generation: GenerationId): Marks {
  const reason = bad.findLast((each) => each.generation === generation)?.reason;
  return {
    isProven: proven.includes(generation),
    isCandidate: candidate === generation,
    isPinned: pin === generation,
    ...(reason === undefined ? {} : { bad: reason }),
  };
}
