/** Decides of how many store paths nix is asked at once. Pure. */

export interface BatchPlan {
  /** How many to ask for the next time. */
  readonly size: number;
  /** How many store paths nix told of when it was asked for one. */
  readonly alone: number;
}

/** One, and then two, tell how much such systems have in common. */
export const FIRST_BATCH: BatchPlan = { size: 1, alone: 0 };
/** Each process takes the server some milliseconds to start; more at once save little of that. */
const MAX_SIZE = 50;
/** Nothing is known of those that come yet: they may be of another flake. */
const MAX_GROWTH = 4;
/** Store paths in an answer: no packet is answered while the JSON of so many is read, some ten milliseconds. */
const MANY = 4000;

/**
 * Plans for answers that are not too long: systems of one flake have nearly all in common, others nothing.
 *
 * @param asked - how many were asked for at once
 * @param told - how many store paths the answer told of
 */
export function planBatch(plan: BatchPlan, asked: number, told: number): BatchPlan {
  if (asked === 0) return plan;
  if (asked === 1) return { size: told > MANY ? 1 : 2, alone: told };
  const each = Math.max(1, (told - plan.alone) / (asked - 1));
  const fitting = 1 + Math.floor((MANY - plan.alone) / each);
  return { ...plan, size: Math.max(1, Math.min(fitting, MAX_SIZE, asked * MAX_GROWTH)) };
}
