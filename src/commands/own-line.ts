/** What a command that goes on says of itself, between the lines of what it shows. Pure. */

/** Nobody tells any more what happens. */
export const LOST = "the connection is lost";

export function ownLine(at: Date, text: string): string {
  return `${timeOf(at)}  - ${text} -`;
}

/** As the clock of this machine has it, to the second. */
export function timeOf(at: Date): string {
  return at.toTimeString().slice(0, 8);
}
