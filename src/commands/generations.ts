/** `mayfly generations` and `mayfly diff`: what a host's image ever was, and what changed between two. */

import { formatBytes } from "../boot/describe.ts";
import { isHostName } from "../boot/hosts.ts";
import type { SettingsRequest } from "../config/load.ts";
import { ConfigError, quote } from "../config/mistake.ts";
import { WANT } from "../config/raw.ts";
import {
  type GenerationView,
  generationDiff,
  generations as generationPage,
} from "../web/schema/generations.ts";
import { connectAdmin } from "./admin-client.ts";
import { diffLines } from "./diff-text.ts";
import { failedBuild, failedBuildLines } from "./failed-build.ts";
import type { ListOptions } from "./machines.ts";
import { readPages } from "./pages.ts";
import { type Column, formatAgo, formatTable } from "./table.ts";

/** Lists every generation, the highest number last, where a terminal ends. */
export async function listGenerations(
  request: SettingsRequest,
  host: string,
  { json, width, now = Date.now }: ListOptions,
): Promise<string[]> {
  const path = `hosts/${readHostName(host)}/generations`;
  const client = await connectAdmin(request);
  const pages = await readPages(client, generationPage, path);
  const { image = host, total = 0 } = pages[0] ?? {};
  const list = pages.flatMap(({ generations }) => generations);
  const failed = await failedBuild(client, host);
  if (json) return [JSON.stringify({ image, total, generations: list, failedBuild: failed }, undefined, 2)];
  const below = failed === undefined ? [] : failedBuildLines(failed, now());
  if (list.length === 0) return [`${host} never had a generation.`, ...below];
  const rows = list.toReversed().map((generation) => ({ generation, nowMs: now() }));
  return [...formatTable(COLUMNS, rows, width), ...below];
}

interface Row {
  readonly generation: GenerationView;
  readonly nowMs: number;
}

const COLUMNS: readonly Column<Row>[] = [
  { title: "NUMBER", text: ({ generation }) => String(generation.number) },
  { title: "ID", text: ({ generation }) => shortId(generation.id) },
  {
    title: "PUBLISHED",
    text: ({ generation, nowMs }) => formatAgo(Date.parse(generation.lastPublished), nowMs),
  },
  { title: "NIXOS", text: ({ generation }) => generation.nixos ?? "" },
  { title: "LINUX", text: ({ generation }) => generation.kernel ?? "" },
  { title: "SIZE", text: ({ generation }) => formatBytes(generation.sizeBytes) },
  {
    title: "SYSTEM",
    text: ({ generation: { closureBytes } }) => (closureBytes === undefined ? "" : formatBytes(closureBytes)),
  },
  { title: "BOOTS", text: ({ generation }) => bootsText(generation.boots) },
  { title: "MARKS", text: ({ generation }) => marksText(generation) },
  { title: "FILES", text: ({ generation }) => (generation.isKept ? "kept" : "only remembered") },
];

/** Enough of a store path's hash, or of a digest, to tell it from others. */
export function shortId(id: string): string {
  return id.slice(0, 8);
}

function bootsText({ checkedIn, handedOver, failed }: GenerationView["boots"]): string {
  const counts = [
    [checkedIn, "up"],
    [handedOver, "handed over"],
    [failed, "failed"],
  ] as const;
  return counts.flatMap(([count, what]) => (count === 0 ? [] : `${count} ${what}`)).join(", ");
}

function marksText({ isCurrent, isProven, isCandidate, isPinned, bad }: GenerationView): string {
  const marks = [
    isCurrent ? "current" : "",
    isCandidate ? "candidate" : "",
    isPinned ? "pinned" : "",
    bad === undefined ? (isProven ? "good" : "") : `bad (${bad})`,
  ];
  return marks.filter((mark) => mark !== "").join(", ");
}

/** Tells what changed; without numbers from the one before to the one that boots get now. */
export async function diffGenerations(
  request: SettingsRequest,
  host: string,
  numbers: readonly string[],
  { json, width }: ListOptions,
): Promise<string[]> {
  const [from, to] = numbers.map(readGeneration);
  const query = [...(from === undefined ? [] : [`from=${from}`]), ...(to === undefined ? [] : [`to=${to}`])];
  const path = `hosts/${readHostName(host)}/diff?${query.join("&")}`;
  const diff = await (await connectAdmin(request)).ask(generationDiff, "GET", path);
  return json ? [JSON.stringify(diff, undefined, 2)] : diffLines(diff, width);
}

/** Reads the operand `HOST`. @throws {@link ConfigError} */
export function readHostName(host: string): string {
  if (!isHostName(host)) throw new ConfigError([{ place: "HOST", read: quote(host), want: WANT.hostName }]);
  return host;
}

/** Reads the number of a generation. @throws {@link ConfigError} */
export function readGeneration(text: string): number {
  if (/^[1-9]\d{0,7}$/.test(text)) return Number(text);
  const want = "the number of a generation, as 'mayfly generations HOST' lists them";
  throw new ConfigError([{ place: "GENERATION", read: quote(text), want }]);
}
