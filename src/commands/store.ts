/** `mayfly store`: what our own store of images holds, and whether it is as it was put in. */

import { loadSettings, type SettingsRequest } from "../config/load.ts";
import type { CopyReport } from "../io/keeping/store-report.ts";
import { openImageStore } from "../keeping.ts";
import { type Column, formatTable } from "./table.ts";

export interface StoreRequest {
  readonly settings: SettingsRequest;
  /** Read everything, and hold it against its SHA-256. */
  readonly verify: boolean;
  /** Remove what is damaged. */
  readonly remove: boolean;
  readonly json: boolean;
  /** Of the terminal, in characters. */
  readonly width?: number;
  readonly print: (line: string) => void;
  readonly signal: AbortSignal;
}

/**
 * Says what the store holds.
 *
 * @throws Error when something in it is damaged, after that was said
 */
export async function showStore(request: StoreRequest): Promise<void> {
  const settings = await loadSettings(request.settings);
  const store = openImageStore(settings, () => settings.live.storeMaxBytes);
  request.signal.addEventListener("abort", () => store.close(), { once: true });
  const reports = await store.report(request.verify);
  const damaged = reports.filter(({ problems }) => problems.length > 0);
  if (request.remove) for (const { id } of damaged) await store.remove(id);
  const lines = request.json
    ? [JSON.stringify(reports, undefined, 2)]
    : linesOf(reports, store.folder, request);
  for (const line of lines) request.print(line);
  if (damaged.length === 0) return;
  const what = damaged.length === 1 ? "one copy is damaged" : `${damaged.length} copies are damaged`;
  const cure = request.remove
    ? "removed: import it again"
    : "'mayfly store verify --remove' removes what is damaged; then import it again";
  throw new Error(`${store.folder}: ${what}; ${cure}`);
}

function linesOf(reports: readonly CopyReport[], folder: string, { verify, width }: StoreRequest): string[] {
  if (reports.length === 0) return [`There is nothing in ${folder}.`];
  const problems = reports.flatMap(({ id, problems }) => problems.map((problem) => `${id}: ${problem}`));
  return [...formatTable(verify ? [...COLUMNS, STATE] : COLUMNS, reports, width), ...problems];
}

const COLUMNS: readonly Column<CopyReport>[] = [
  { title: "GENERATION", text: ({ id }) => id },
  { title: "SIZE", text: ({ sizeBytes }) => `${(sizeBytes / 1e6).toFixed(1)} MB` },
  { title: "MADE", text: ({ madeMs }) => new Date(madeMs).toISOString().slice(0, 16).replace("T", " ") },
  { title: "FROM", text: ({ source }) => source },
];
const STATE: Column<CopyReport> = {
  title: "STATE",
  text: ({ problems }) => (problems.length === 0 ? "whole" : "damaged"),
};
