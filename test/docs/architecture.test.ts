/** docs/architecture.md's table of layers, held against the rule that the lint step enforces. */

import { readFileSync } from "node:fs";
import { expect, test } from "vitest";

interface Override {
  readonly includes: readonly string[];
  readonly linter: {
    readonly rules: {
      readonly style?: {
        readonly noRestrictedImports?: {
          readonly options: { readonly patterns: readonly { readonly group: readonly string[] }[] };
        };
      };
    };
  };
}

const LAYERS = ["wire", "boot", "io", "config", "web", "commands", "lab"];
const table = readFileSync("docs/architecture.md", "utf8");
const { overrides } = JSON.parse(readFileSync("biome.json", "utf8")) as { overrides: readonly Override[] };

/** What the third column of a layer's row allows. */
function allowed(layer: string): string[] {
  const row = table.split("\n").find((line) => line.startsWith(`| \`src/${layer}\` |`)) ?? "";
  return [...(row.split("|")[3] ?? "").matchAll(/`(\w+)`/g)].map(([, name = ""]) => name).sort();
}

/** What the lint step lets a layer import. */
function permitted(layer: string): string[] {
  const rule = overrides.find(({ includes }) => includes.includes(`src/${layer}/**`));
  const patterns = rule?.linter.rules.style?.noRestrictedImports?.options.patterns ?? [];
  const forbidden = new Set(patterns.flatMap(({ group }) => group));
  return LAYERS.filter((name) => !forbidden.has(`**/${name}/**`)).sort();
}

test.each(["wire", "boot", "io", "config", "web"])(
  "the table allows src/%s what the lint step permits",
  (layer) => {
    expect(allowed(layer)).not.toEqual([]);
    expect(allowed(layer)).toEqual(permitted(layer));
  },
);
