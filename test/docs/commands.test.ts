/** The help of every command, and docs/commands.md, held against the commands that there are. */

import { readFileSync } from "node:fs";
import type { Command } from "commander";
import { describe, expect, test } from "vitest";
import { createProgram } from "../../src/commands/program.ts";
import { splitLine } from "../../src/commands/split-line.ts";

const program = createProgram({ version: "0", description: "" }, () => new AbortController().signal);
const table = readFileSync("docs/commands.md", "utf8");

/** Those that do something by themselves; `token` alone does not. */
function commandsOf(
  command: Command,
  names: readonly string[] = [],
): readonly (readonly [string, Command])[] {
  const shown = command.createHelp().visibleCommands(command);
  return shown
    .filter((each) => each.name() !== "help")
    .flatMap((each) => {
      const path = [...names, each.name()];
      const isGroup =
        each.commands.length > 0 && each.registeredArguments.length === 0 && !hasOwnOptions(each);
      return [...(isGroup ? [] : [[path.join(" "), each] as const]), ...commandsOf(each, path)];
    });
}

function hasOwnOptions(command: Command): boolean {
  return command.options.length > 0;
}

/** What `mayfly COMMAND --help` prints. */
function helpOf(command: Command): string {
  let text = "";
  const writeOut = (part: string) => {
    text += part;
  };
  command.configureOutput({ writeOut });
  command.outputHelp();
  return text;
}

const commands = commandsOf(program);

test("there are as many commands as the table has rows", () => {
  const rows = [...table.matchAll(/^\| `([a-z0-9 -]+)` \| /gm)].map(([, name]) => name);
  expect(rows).toEqual(expect.arrayContaining(commands.map(([name]) => name)));
  expect(rows).toHaveLength(commands.length);
});

describe.each(commands)("mayfly %s", (name, command) => {
  test("says in the table whether it has --json", () => {
    const [, says] = new RegExp(`^\\| \`${name}\` \\| ([^|]+) \\|`, "m").exec(table) ?? [];
    expect(says === "yes").toBe(command.options.some(({ long }) => long === "--json"));
  });

  test("has a summary, and examples of itself that it takes", () => {
    const help = helpOf(command);
    expect(command.summary()).not.toBe("");
    const [, examples = ""] = help.split("\nExamples:\n");
    const lines = [...examples.matchAll(/(?:^ {2}|<\()(mayfly .*?)(?: {2,}|\)| \||$)/gm)].map(
      ([, line = ""]) => line,
    );
    expect(lines.length).toBeGreaterThan(0);
    for (const line of lines) {
      const words = splitLine(line.replace("HEX", "0".repeat(64))).slice(1);
      expect(words.slice(0, name.split(" ").length)).toEqual(name.split(" "));
      const { operands, unknown } = command.parseOptions(words.slice(name.split(" ").length));
      expect(unknown).toEqual([]);
      const required = command.registeredArguments.filter((argument) => argument.required);
      expect(operands.length).toBeGreaterThanOrEqual(required.length);
      const isVariadic = command.registeredArguments.some(({ variadic }) => variadic);
      if (!isVariadic) expect(operands.length).toBeLessThanOrEqual(command.registeredArguments.length);
    }
  });
});
