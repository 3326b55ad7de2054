/** Words of a POSIX shell, written so that every shell reads back exactly this text. */

import { WireError } from "../error.ts";

/** What no shell takes for anything but itself, wherever in a command it stands after the first word. */
const PLAIN = /^[A-Za-z0-9_./:@%+,-]+$/;

/**
 * Writes one word.
 *
 * Within single quotes nothing has a meaning but the quote itself, which is written outside of them.
 *
 * @throws {@link WireError} `WIRE_BAD_VALUE` for a NUL, which no word can hold
 * @see POSIX.1-2017, Shell Command Language §2.2
 */
export function quoteShell(text: string): string {
  if (text.includes("\0"))
    throw new WireError("WIRE_BAD_VALUE", "a word of a shell cannot hold a NUL character");
  return PLAIN.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}

/** Writes a comment; what would end it becomes a blank. */
export function commentShell(text: string): string {
  return `# ${text.replaceAll(/[\p{Cc}\u2028\u2029]+/gu, " ")}`;
}
