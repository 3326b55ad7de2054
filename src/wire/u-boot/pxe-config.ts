/**
 * What U-Boot's `pxe boot` reads: the format of PXELINUX, with one label.
 *
 * @see U-Boot doc/README.pxe, boot/pxe_utils.c
 */

import { WireError } from "../error.ts";

export interface PxeConfig {
  /** Paths of files on the TFTP server. */
  readonly kernel: string;
  readonly initrd?: string;
  /** The kernel's command line. */
  readonly append: string;
}

/** U-Boot cuts a longer name off without a word. */
const MAX_PATH_LENGTH = 127;

/**
 * Writes a configuration that boots at once.
 *
 * The initrd stands before the command line: U-Boot else takes an `initrd=` in there for its name.
 *
 * @throws {@link WireError} `WIRE_BAD_LENGTH` for a path that U-Boot would cut off, `WIRE_BAD_VALUE`
 * for one that a line of the format cannot hold
 */
export function formatPxeConfig({ kernel, initrd, append }: PxeConfig): string {
  return [
    "default mayfly",
    "prompt 0",
    "label mayfly",
    `kernel ${path(kernel)}`,
    ...(initrd === undefined ? [] : [`initrd ${path(initrd)}`]),
    ...(append === "" ? [] : [`append ${escapeMacros(append)}`]),
    "",
  ].join("\n");
}

function path(text: string): string {
  if (!/^[!-~]+$/.test(text)) throw new WireError("WIRE_BAD_VALUE", `U-Boot cannot be told the path ${text}`);
  if (text.length <= MAX_PATH_LENGTH) return text;
  throw new WireError("WIRE_BAD_LENGTH", `the path ${text} has more than ${MAX_PATH_LENGTH} characters`);
}

/**
 * Keeps U-Boot from expanding `${…}` and dropping quotes and backslashes.
 *
 * A backslash in front of a character makes it mean itself. Behind a backslash everything does
 * already, a second one included, so that nothing is to be added there.
 */
export function escapeMacros(text: string): string {
  let previous = "";
  return Array.from(text.replaceAll(/[\r\n]+/g, " "), (character) => {
    const isSpecial = /[\\'$]/.test(character) && previous !== "\\";
    previous = character;
    return isSpecial ? `\\${character}` : character;
  }).join("");
}
