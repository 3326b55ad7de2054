/**
 * Reads what a builder's kexec script would load: the only place where some images keep their kernel parameters.
 *
 * It understands quoting, line continuation and plain assignments, which is all that these scripts
 * use before their `kexec --load`; it runs nothing.
 */

import { baseName } from "../base-name.ts";

export interface KexecScript {
  /** Base names of the files beside the script; absent where the script does not name one. */
  readonly kernel?: string;
  readonly initrd?: string;
  readonly commandLine: string;
}

/** What kexec-tools call the same option. */
const COMMAND_LINE = ["--command-line", "--append"];
const INITRD = ["--initrd", "--ramdisk"];

/** @returns `undefined` if no `kexec` in it has a command line that is plain text. */
export function readKexecScript(script: string): KexecScript | undefined {
  const variables = new Map<string, string>();
  for (const words of shellCommands(script, variables)) {
    const found = readCommand(words) ?? readNested(words, variables);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** `sh -c "kexec --load …"`, as nixos-images has it. */
function readNested(words: readonly string[], variables: Map<string, string>): KexecScript | undefined {
  const inner = words.find((word) => COMMAND_LINE.some((option) => word.includes(`${option} `)));
  if (inner === undefined) return undefined;
  return shellCommands(inner, variables).map(readCommand).find(Boolean);
}

function readCommand(words: readonly string[]): KexecScript | undefined {
  if (!words.some((word) => baseName(word) === "kexec")) return undefined;
  const commandLine = option(words, COMMAND_LINE);
  // What a command prints is known only where it runs.
  if (commandLine === undefined || /\$\(|`/.test(commandLine)) return undefined;
  const kernel = kernelOf(words);
  const initrd = option(words, INITRD);
  return {
    ...(kernel === undefined ? {} : { kernel: baseName(kernel) }),
    ...(initrd === undefined ? {} : { initrd: baseName(initrd) }),
    commandLine: commandLine.trim(),
  };
}

function option(words: readonly string[], names: readonly string[]): string | undefined {
  for (const [i, word] of words.entries()) {
    if (names.includes(word)) return words[i + 1];
    const name = names.find((each) => word.startsWith(`${each}=`));
    if (name !== undefined) return word.slice(name.length + 1);
  }
  return undefined;
}

/** The word after `--load` or `-l`; the options before it that take a value are the ones above. */
function kernelOf(words: readonly string[]): string | undefined {
  const load = words.findIndex((word) => word === "--load" || word === "-l");
  const next = load < 0 ? undefined : words[load + 1];
  return next === undefined || next.startsWith("-") ? undefined : next;
}

/** Splits a script into commands of words; plain assignments go into `variables` as they are met. */
function shellCommands(script: string, variables: Map<string, string>): string[][] {
  const commands: string[][] = [];
  let words: string[] = [];
  for (const token of tokens(script, variables)) {
    if (token !== undefined) {
      words.push(token);
      continue;
    }
    const [only] = words;
    const assignment = words.length === 1 ? /^([A-Za-z_]\w*)=([\s\S]*)$/.exec(only ?? "") : null;
    if (assignment?.[1] !== undefined) variables.set(assignment[1], assignment[2] ?? "");
    else if (words.length > 0) commands.push(words);
    words = [];
  }
  return commands;
}

const TOKEN =
  /(?<space>[ \t\r]+|\\\r?\n)|(?<comment>(?<=^|[\s;])#[^\n]*)|(?<end>[\n;&|]+)|(?<single>'[^']*')|(?<double>"(?:\\[\s\S]|[^"\\])*")|(?<escaped>\\[\s\S])|(?<plain>[^\s;&|'"\\]+|[\s\S])/g;

/** The words of a script, with `undefined` at the end of each command. */
function* tokens(script: string, variables: ReadonlyMap<string, string>): Generator<string | undefined> {
  let word: string | undefined;
  for (const { groups = {} } of script.matchAll(TOKEN)) {
    const { single, double, escaped, plain, end } = groups;
    const piece =
      single?.slice(1, -1) ??
      (double === undefined ? undefined : expand(double.slice(1, -1), variables)) ??
      escaped?.slice(1) ??
      (plain === undefined ? undefined : expand(plain, variables));
    if (piece !== undefined) {
      word = (word ?? "") + piece;
      continue;
    }
    if (word !== undefined) yield word;
    word = undefined;
    if (end !== undefined) yield undefined;
  }
  if (word !== undefined) yield word;
  yield undefined;
}

/**
 * Resolves escapes and variables as within double quotes. A variable that the script did not set in
 * plain text stays as it is written: `${SCRIPT_DIR}`.
 */
function expand(text: string, variables: ReadonlyMap<string, string>): string {
  return text.replace(
    /\\([$`"\\])|\\\r?\n|\$\{([A-Za-z_]\w*)\}|\$([A-Za-z_]\w*)/g,
    (whole, literal?: string, braced?: string, bare?: string) => {
      if (literal !== undefined) return literal;
      if (whole.startsWith("\\")) return "";
      return variables.get(braced ?? bare ?? "") ?? whole;
    },
  );
}
