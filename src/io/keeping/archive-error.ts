/** An archive that is not taken: what is wrong with it, and what to do. The operator's to mend. */
export class ImportError extends Error {
  override readonly name = "ImportError";
}
