/** What changed between two generations, as lines for a person. Pure. */

import { formatBytes } from "../boot/describe.ts";
import type { GenerationDiffView, GenerationView } from "../web/schema/generations.ts";
import { type Column, formatTable } from "./table.ts";

/** @param width - of the terminal, in characters; without one no line is cut */
export function diffLines(diff: GenerationDiffView, width?: number): string[] {
  const { from, to, values, parameters, packages = [], untold } = diff;
  const words = parameters.filter(({ edit }) => edit !== "same");
  const rows = [
    ...values.map(({ what, before = "", after = "" }) => ({ what: WHAT[what], before, after })),
    ...(diff.sizeDeltaBytes === 0 ? [] : [sizeRow(from, to)]),
  ];
  const sections = [
    ...(rows.length === 0 ? [] : ["", ...formatTable(VALUES, rows, width)]),
    ...(words.length === 0 ? [] : ["", "KERNEL PARAMETERS", ...words.map(wordText)]),
    ...(packages.length === 0 ? [] : ["", ...formatTable(PACKAGES, packages, width)]),
  ];
  const reason = untold === undefined ? [] : ["", `Packages are not compared: ${untold}.`];
  return [
    `${to.image}: from generation ${from.number} (${from.id}) to ${to.number} (${to.id})`,
    ...(sections.length === 0 ? ["", "Nothing changed that is known."] : sections),
    ...reason,
  ];
}

function wordText({ edit, word }: GenerationDiffView["parameters"][number]): string {
  return `${edit === "added" ? "+" : "-"} ${word}`;
}

const WHAT = {
  kernel: "Linux",
  nixos: "NixOS",
  label: "label",
  init: "init",
  shape: "shape",
  arch: "architecture",
} as const;

interface ValueRow {
  readonly what: string;
  readonly before: string;
  readonly after: string;
}

function sizeRow(from: GenerationView, to: GenerationView): ValueRow {
  return { what: "size", before: formatBytes(from.sizeBytes), after: formatBytes(to.sizeBytes) };
}

const VALUES: readonly Column<ValueRow>[] = [
  { title: "WHAT", text: ({ what }) => what },
  { title: "BEFORE", text: ({ before }) => before },
  { title: "AFTER", text: ({ after }) => after },
];

type PackageRow = NonNullable<GenerationDiffView["packages"]>[number];

const PACKAGES: readonly Column<PackageRow>[] = [
  { title: "PACKAGE", text: ({ name }) => name },
  { title: "CHANGE", text: ({ change }) => change },
  { title: "BEFORE", text: ({ before }) => before.map(versionText).join(", ") },
  { title: "AFTER", text: ({ after }) => after.map(versionText).join(", ") },
  { title: "SIZE", text: ({ deltaBytes }) => deltaText(deltaBytes) },
];

function versionText(version: string): string {
  return version === "" ? "(no version)" : version;
}

function deltaText(bytes: number): string {
  return bytes === 0 ? "" : `${bytes < 0 ? "-" : "+"}${formatBytes(Math.abs(bytes))}`;
}
