/**
 * How iPXE reads a line of a script, as far as text goes: split at blanks, operators, expansion, joining.
 *
 * Follows src/core/exec.c (system, split_command, command_terminator, expand_tokens, concat_args) and
 * src/core/settings.c (expand_settings) of iPXE; it knows no commands but `set NAME:hex`.
 */

/** The arguments of each command of a line, as the commands get them. */
export function readLine(line: string, settings: ReadonlyMap<string, string> = new Map()): string[][] {
  const tokens = line.split(/[ \t-\r]+/).filter((token) => token !== "");
  const commands: string[][] = [[]];
  for (const token of tokens) {
    if (token.startsWith("#")) break;
    if (token === "||" || token === "&&" || token === ";") commands.push([]);
    else commands.at(-1)?.push(expand(token, settings));
  }
  return commands;
}

/** Replaces the first `${…}` that closes, innermost first, until there is none. */
function expand(token: string, settings: ReadonlyMap<string, string>): string {
  let text = token;
  for (;;) {
    let start = -1;
    let end = -1;
    for (let at = 0; at < text.length && end < 0; at++) {
      if (text.startsWith("${", at)) start = at;
      if (start >= 0 && text[at] === "}") end = at;
    }
    if (end < 0) return text;
    text = text.slice(0, start) + (settings.get(text.slice(start + 2, end)) ?? "") + text.slice(end + 1);
  }
}

/** The lines of a script, with continued ones joined, and the settings that it makes: of type hex, if not said otherwise. */
export function readScript(script: string): { lines: string[]; settings: Map<string, string> } {
  const lines = script
    .replace(/\r?\n$/, "")
    .replace(/\\\r?\n/g, "")
    .split(/\r?\n/);
  const settings = new Map<string, string>();
  for (const line of lines) {
    const [, name, hex] = /^set ([^ :]+):hex ([0-9a-f]{2})$/.exec(line) ?? [];
    if (name !== undefined && hex !== undefined)
      settings.set(name, hex).set(`${name}:string`, String.fromCharCode(Number.parseInt(hex, 16)));
  }
  return { lines, settings };
}

/** What a command makes of its last arguments: iPXE joins them by single blanks. */
export function joinArguments(args: readonly string[]): string {
  return args.join(" ");
}
