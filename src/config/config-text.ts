/** The text of a YAML configuration file as checked values, with every mistake in the order of its lines. */

import { type ConfigFile, checkRaw } from "./check.ts";
import type { Mistake } from "./mistake.ts";
import { NUMBER_KEYS } from "./raw.ts";
import { parseYamlTree } from "./yaml-tree.ts";

/** Reads the text of a configuration file; `file` is its name, for the mistakes. */
export function parseConfig(text: string, file: string): ConfigFile {
  const tree = parseYamlTree(text, file, (path) => NUMBER_KEYS.has(String(path.at(-1))));
  const { config = {}, mistakes } = checkRaw(tree.value ?? {}, { ...tree, hasKeys: true });
  const known = new Set(tree.mistakes.map((each) => `${each.place} ${each.key}`));
  // What YAML itself refused is missing in the value: not a second mistake.
  const rest = mistakes.filter((each) => !known.has(`${each.place} ${each.key}`));
  return { config, mistakes: [...tree.mistakes, ...rest].sort(byLine) };
}

function byLine(a: Mistake, b: Mistake): number {
  return lineNumber(a) - lineNumber(b);
}

function lineNumber({ place }: Mistake): number {
  return Number(/:(\d+)$/.exec(place)?.[1] ?? 0);
}
