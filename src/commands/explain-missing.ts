/** Why something cannot be found at a path, as a clause for a person: an absence is not always one. */

/** @param error - what Node's file system threw for the path */
export function explainMissing(error: unknown): string {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  switch (code) {
    case "ENOENT":
    case "ENOTDIR":
      return "nothing is there";
    case "EACCES":
      return "this user may not see it, look at the rights of the folders above";
    case "ELOOP":
      return "its links go in a circle";
    default:
      return String(code ?? error);
  }
}
