/** What mends an error, where the error itself says it. Pure. */

/** @param error - anything that was thrown; errors of ours that somebody can mend have a `cure` */
export function cureOf(error: unknown): string | undefined {
  return error instanceof Error && "cure" in error && error.cure !== undefined
    ? String(error.cure)
    : undefined;
}
