/** Where a boot stands, and whether it has come on since: what was wrong with it there is over then. */

import type { Session, SessionOutcome, SessionStage } from "./session.ts";

export interface Standing {
  readonly outcome: SessionOutcome;
  /** What it went through last; absent: nothing yet. */
  readonly stage?: SessionStage | undefined;
}

export function standingOf({ outcome, steps }: Pick<Session, "outcome" | "steps">): Standing {
  return { outcome, stage: steps.at(-1)?.stage };
}

/** Asking again for the same is no step on, and one that has failed since stands where it stood. */
export function hasComeOn(before: Standing, after: Standing): boolean {
  return before.stage !== after.stage || (before.outcome !== after.outcome && after.outcome !== "failed");
}
