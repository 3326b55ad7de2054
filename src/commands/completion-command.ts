/** The command line of shell completion: `completion` prints the script of a shell, which then asks `complete`. */

import { Argument, type Command } from "commander";
import type { RequestOf } from "./admin-flags.ts";
import { complete } from "./complete.ts";
import { SCRIPTS, SHELLS, type Shell } from "./completion-scripts.ts";
import { splitLine } from "./split-line.ts";

/** Adds `completion`, and `complete`, which nobody types. */
export function addCompletion(program: Command, requestOf: RequestOf): void {
  program
    .command("completion")
    .summary("print what a shell needs to complete these commands")
    .description(
      "Prints a script that bash, zsh or fish loads: then Tab completes commands, options and values, and the " +
        "names of hosts, machines, boots and generations, for which a running server is asked.",
    )
    .addArgument(new Argument("<SHELL>", "which shell it is").choices(SHELLS))
    .action((shell: Shell) => void process.stdout.write(SCRIPTS[shell]));
  program
    .command("complete", { hidden: true })
    .description("Says what may stand where the cursor is; the scripts of 'completion' ask it.")
    .addArgument(new Argument("<SHELL>").choices(SHELLS))
    .argument(
      "[WORDS...]",
      "those after the program's name, the last one being typed; of bash the whole line",
    )
    .action(async (shell: Shell, given: readonly string[]) => {
      const words = shell === "bash" ? splitLine(given[0] ?? "").slice(1) : given;
      const lines = await completionLines(program, words, requestOf);
      if (lines.length > 0) console.log(lines.join("\n"));
    });
}

/** A candidate a line, and what it is behind a tab; `:files` and `:folders` are for the shell to find. */
async function completionLines(
  program: Command,
  words: readonly string[],
  requestOf: RequestOf,
): Promise<readonly string[]> {
  const wanted = complete(program, words);
  const { typed, before, given, kinds } = wanted;
  // What is known without it needs not be waited for.
  const found = kinds.length === 0 ? undefined : await find(wanted, requestOf, given);
  const fitting = [...wanted.candidates, ...(found?.candidates ?? [])].filter(({ value }) =>
    value.startsWith(typed),
  );
  const lines = fitting.map(({ value, about }) => plain(about === "" ? value : `${value}\t${about}`));
  return [...lines.map((line) => before + line), ...(found?.paths === undefined ? [] : [`:${found.paths}`])];
}

async function find(
  wanted: ReturnType<typeof complete>,
  requestOf: RequestOf,
  given: ReadonlyMap<string, string>,
) {
  const { findValues } = await import("./complete-values.ts");
  const flag = (name: string) => {
    const value = given.get(`--${name}`);
    return value === undefined ? {} : { [name]: value };
  };
  const request = { ...flag("config"), ...flag("media"), ...flag("admin"), ...flag("token") };
  return findValues(wanted, requestOf(request));
}

/** What a machine says of itself is not to be trusted with a terminal. */
function plain(line: string): string {
  return line.replaceAll(/[^\P{Cc}\t]/gu, "?");
}
