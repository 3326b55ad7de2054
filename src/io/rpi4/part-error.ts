/** Something that was given as a part, or as a boot folder, cannot be used; the message says which, why and what to do. */

/** The operator's to cure, as against a disk or a network that failed. */
export class PartError extends Error {
  override readonly name = "PartError";
}
