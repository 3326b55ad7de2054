/** Decides of how many store paths nix is asked at once. Pure. */

/** Nothing is known of them yet, and two may have nothing in common. */
export const FIRST_BATCH = 2;
/** Each process takes the server some milliseconds to start; more at once save little of that. */
const MAX_BATCH = 50;
/** Store paths in an answer: so many are read in some ten milliseconds, in which no packet is answered. */
const MANY = 4000;

/**
 * @param size - how many were asked for
 * @param told - how many store paths the answer told of: systems of one flake have nearly all in common
 * @returns how many to ask for the next time
 */
export function nextBatchSize(size: number, told: number): number {
  if (told > MANY) return Math.max(1, Math.floor(size / 2));
  return told <= MANY / 2 ? Math.min(MAX_BATCH, size * 2) : size;
}
