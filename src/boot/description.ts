/** The noun `description`: what the log says of an event. */

export interface Description {
  readonly level: "debug" | "info" | "warn" | "error";
  readonly text: string;
  /** Lines with the same key say the same again: firmware repeats itself, the log should not. */
  readonly repeats?: string;
}
