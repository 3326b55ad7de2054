/**
 * Writes docs/firmware.md: every quirk of firmware that is known, and the tests that show how it is met.
 *
 *     npx node scripts/firmware-table.ts
 *
 * The words come from docs/quirks.yaml, the evidence from the names of the tests: a test that is named
 * after a quirk, as in "is answered on 4011 too (Q3)", is its proof.
 */

import { globSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { parse } from "yaml";
import * as z from "zod";

const ROOT = join(import.meta.dirname, "..");
export const FIRMWARE_TABLE = join(ROOT, "docs/firmware.md");

const quirkSchema = z.strictObject({
  who: z.string(),
  does: z.string(),
  mayfly: z.string(),
  untestable: z.string().optional(),
});
const quirksSchema = z.record(z.string().regex(/^[A-Z]\d{1,2}$/), quirkSchema);
export type Quirk = z.infer<typeof quirkSchema>;

/** A test that is named after a quirk. */
export interface Proof {
  readonly file: string;
  readonly name: string;
}

export function readQuirks(): ReadonlyMap<string, Quirk> {
  return new Map(
    Object.entries(quirksSchema.parse(parse(readFileSync(join(ROOT, "docs/quirks.yaml"), "utf8")))),
  );
}

/** Names of tests and of the rows that they are made from: texts that end or begin by the quirks that they show. */
const NAMED = /(["'`])((?:\\.|(?!\1)[^\\\n])*)\1/g;
const SHOWN = /\(([^()]*)\)|^([A-Z]\d{1,2}): /g;

/** The tests that are named after quirks, by quirk, in the order of their files. */
export function readProofs(): ReadonlyMap<string, readonly Proof[]> {
  const proofs = new Map<string, Proof[]>();
  for (const file of globSync("test/**/*.ts", { cwd: ROOT }).sort()) {
    for (const [, , name = ""] of readFileSync(join(ROOT, file), "utf8").matchAll(NAMED)) {
      for (const id of quirksIn(name)) {
        proofs.set(id, [...(proofs.get(id) ?? []), { file, name: name.replaceAll("\\", "") }]);
      }
    }
  }
  return proofs;
}

function quirksIn(name: string): ReadonlySet<string> {
  const shown = [...name.matchAll(SHOWN)].map(([, inBrackets, atStart]) => inBrackets ?? atStart ?? "");
  return new Set(shown.flatMap((text) => text.match(/\b[QITRK]\d{1,2}\b/g) ?? []));
}

const GROUPS: readonly (readonly [letter: string, title: string])[] = [
  ["Q", "DHCP: firmware and its proxies"],
  ["I", "iPXE"],
  ["T", "TFTP"],
  ["R", "Raspberry Pi"],
];

const INTRODUCTION = `# Firmware, its quirks, and the proof

Made by \`scripts/firmware-table.ts\` from [quirks.yaml](quirks.yaml) and the names of the tests; do not edit it.

*Proof* says what a quirk was seen with. **real**: the program itself, in a virtual machine or a network
namespace. **capture**: packets of the real firmware, replayed. **simulated**: a model of what its source
or its reports say; no such machine was at hand.
`;

/** The whole of docs/firmware.md. */
export function firmwareTable(): string {
  const quirks = readQuirks();
  const proofs = readProofs();
  const parts = GROUPS.map(([letter, title]) => {
    const rows = [...quirks].filter(([id]) => id.startsWith(letter));
    if (rows.length === 0) return "";
    return [
      `\n## ${title}\n`,
      "| | machine | what it does | what Mayfly does | proof |",
      "|---|---|---|---|---|",
      ...rows.map(([id, quirk]) => row(id, quirk, proofs.get(id) ?? [])),
      ...rows.flatMap(([id]) => list(id, proofs.get(id) ?? [])),
      "",
    ].join("\n");
  });
  return INTRODUCTION + parts.join("");
}

function row(id: string, { who, does, mayfly, untestable }: Quirk, proofs: readonly Proof[]): string {
  const kinds = [...new Set(proofs.map(({ file }) => kindOf(file)))].sort();
  const tests = `${kinds.join(", ")} ([${count(proofs.length)}](#${id.toLowerCase()}))`;
  const proof = untestable ?? (proofs.length === 0 ? "none yet" : tests);
  return `| ${[id, who, does, mayfly, proof].map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
}

function list(id: string, proofs: readonly Proof[]): string[] {
  if (proofs.length === 0) return [];
  const lines = proofs.map(
    ({ file, name }) => `- ${name.replaceAll("|", "\\|")} ([${file.slice(5)}](../${file}))`,
  );
  return [`\n### ${id}\n`, ...lines];
}

function count(tests: number): string {
  return tests === 1 ? "1 test" : `${tests} tests`;
}

function kindOf(file: string): "real" | "capture" | "simulated" {
  // The EEPROM is a program that does what a board is said to do; no board was at hand.
  if (file.startsWith("test/clients/raspberry-pi")) return "simulated";
  if (file.startsWith("test/clients/")) return "real";
  return file === "test/captures.test.ts" ? "capture" : "simulated";
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  writeFileSync(FIRMWARE_TABLE, firmwareTable());
}
