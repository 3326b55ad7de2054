/**
 * iPXE script text: how words, addresses and messages are written so that iPXE reads them back exactly.
 *
 * iPXE has no quotes and no escape character. It splits a line at blanks, looks for `||`, `&&`, `;` and
 * `#…` among the words, then expands `${…}` in each word, again and again until none is left, and joins
 * the arguments by single blanks. What must survive this is written with expansions: `${}` is always
 * empty, and a setting of type hex can hold any byte.
 *
 * @see iPXE src/core/exec.c, src/core/settings.c (expand_settings), src/image/script.c; the same since 2011
 */

import { WireError } from "../error.ts";

/** Writes what iPXE replaces by the value of a setting: `netX/mac:hexhyp` for one, perhaps with a type. */
export function formatExpansion(setting: string): string {
  return `\${${setting}}`;
}

/** Expands to nothing: no setting has an empty name. */
const NOTHING = formatExpansion("");

/** White space that would split a word. */
const SPACES = "\t\n\v\f\r";

/**
 * Words of one command. A BIOS iPXE has 4096 bytes of stack and keeps two tables of all words there:
 * with 250 words each version that was tried still booted, with 300 none did, and none said why.
 */
const MAX_WORDS = 240;

/** The screen of a BIOS machine has 80 columns; the last one would wrap. */
const SCREEN_COLUMNS = 79;

/**
 * Writes arguments, as in kernel parameters, so that the command gets exactly this text.
 *
 * Holds for text that is the *last* part of a command line, or is followed by more words.
 *
 * @param text - words and the blanks between them, which are kept even when doubled
 * @throws {@link WireError} `WIRE_BAD_VALUE` for what no iPXE can be told: `${…}` closed within one
 * word, since the expansion has no escape; NUL; and characters outside ASCII, which every EFI build
 * hands to the kernel byte by byte as if they were Latin-1; and for more than 240 words
 */
export function formatArguments(text: string): string {
  const words = text.split(" ");
  if (words.length > MAX_WORDS) {
    throw new WireError(
      "WIRE_BAD_VALUE",
      `iPXE has room for ${MAX_WORDS} words in a command, not for ${words.length}`,
    );
  }
  return words.map(formatWord).join(" ");
}

function formatWord(word: string): string {
  if (word === "") return NOTHING;
  refuseUnwritable(word);
  const spaced = word.replace(/[\t-\r]/g, (space) => formatExpansion(spaceSetting(space)));
  // A whole word only: `a||b` and `a#b` mean nothing to iPXE.
  const isOperator = word === "||" || word === "&&" || word === ";" || word.startsWith("#");
  // At the end of a line a backslash would join the next line to it.
  return `${isOperator ? NOTHING : ""}${spaced}${word.endsWith("\\") ? NOTHING : ""}`;
}

/** The name of the setting that holds one such character, as it is expanded: of type hex it would give digits. */
function spaceSetting(space: string): string {
  return `mayfly-${hexOf(space)}:string`;
}

function hexOf(character: string): string {
  return character.charCodeAt(0).toString(16).padStart(2, "0");
}

function refuseUnwritable(word: string): void {
  const expansion = /\$\{.*?\}/s.exec(word)?.[0];
  if (expansion !== undefined) {
    throw new WireError(
      "WIRE_BAD_VALUE",
      `iPXE would expand '${expansion}' in '${word}' and has no escape for it`,
    );
  }
  const bad = /[^\t-\r -~]/u.exec(word)?.[0];
  if (bad !== undefined) {
    const code = `U+${(bad.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0")}`;
    throw new WireError("WIRE_BAD_VALUE", `iPXE cannot pass the character ${code} in '${word}' on unchanged`);
  }
}

/**
 * Writes one argument that has no white space in it: a URL, the name of an image.
 *
 * @throws {@link WireError} `WIRE_BAD_VALUE` as {@link formatArguments}, and for white space
 */
export function formatArgument(text: string): string {
  if (/\s/.test(text))
    throw new WireError("WIRE_BAD_VALUE", `'${text}' has white space and should be one argument`);
  return formatWord(text);
}

/**
 * Writes `echo` commands that show this text, wrapped between words at 79 columns.
 *
 * Never fails: what the screen cannot show becomes `?`, and `${` is shown as `$ {`.
 */
export function formatEcho(text: string): string[] {
  const shown = text
    .replaceAll("${", "$ {")
    .replace(/\s/g, " ")
    .replace(/[^ -~]/gu, "?");
  // "--" ends the options: the text may begin with a hyphen.
  return wrap(shown).map((line) => (line === "" ? "echo" : `echo -- ${formatArguments(line)}`));
}

function wrap(text: string): string[] {
  const lines: string[] = [];
  let rest = text;
  while (rest.length > SCREEN_COLUMNS) {
    const blank = rest.lastIndexOf(" ", SCREEN_COLUMNS);
    const end = blank > 0 ? blank : SCREEN_COLUMNS;
    lines.push(rest.slice(0, end));
    rest = rest.slice(end).trimStart();
  }
  return [...lines, rest];
}

/** Joins lines to a script, and sets what {@link formatArguments} relies on before they use it. */
export function formatScript(lines: readonly string[]): string {
  const settings = [...SPACES]
    .filter((space) => lines.some((line) => line.includes(formatExpansion(spaceSetting(space)))))
    .map((space) => `set mayfly-${hexOf(space)}:hex ${hexOf(space)}`);
  return `${["#!ipxe", ...settings, ...lines].join("\n")}\n`;
}
