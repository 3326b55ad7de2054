/** Shows boots as they go on: on a terminal those under way as lines that change, elsewhere a line for each change. */

import { formatBytes, formatMs } from "../boot/describe.ts";
import type { SessionRow } from "../web/schema/sessions.ts";
import { outcomeText, progressBar, stageText } from "./boot-text.ts";
import { LOST, ownLine } from "./own-line.ts";

export interface BootsScreen {
  /** How the last boots are now, the last one first. */
  show(boots: readonly SessionRow[], nowMs: number): void;
  /** That nobody tells any more; on a terminal it stands there until somebody does. */
  lose(nowMs: number): void;
}

export interface ScreenStream {
  readonly isTTY?: boolean;
  readonly columns?: number;
  readonly rows?: number;
  write(text: string): unknown;
}

export interface ScreenOptions {
  /** Each change as JSON, a line each. */
  readonly json: boolean;
  /** Boots that were over before are told too, and not left out as no news. */
  readonly showsOver?: boolean;
}

export function createBootsScreen(
  stream: ScreenStream,
  { json, showsOver = false }: ScreenOptions,
): BootsScreen {
  const told = new Map<string, string>();
  const isLive = stream.isTTY === true && !json;
  let isFirst = true;
  let shown = 0;

  function linesOf(boots: readonly SessionRow[]): string[] {
    const lines: string[] = [];
    for (const boot of boots.toReversed()) {
      const key = changeKey(boot, isLive);
      if (told.get(boot.id) === key) continue;
      told.set(boot.id, key);
      if (isFirst && !showsOver && boot.outcome !== "under-way") continue;
      if (json) lines.push(JSON.stringify(boot));
      else if (!isLive || boot.outcome !== "under-way") lines.push(plainLine(boot));
    }
    const ids = new Set(boots.map(({ id }) => id));
    for (const id of told.keys()) if (!ids.has(id)) told.delete(id);
    return lines;
  }

  return {
    show(boots, nowMs) {
      const lines = linesOf(boots);
      isFirst = false;
      if (!isLive) {
        for (const line of lines) stream.write(`${line}\n`);
        return;
      }
      const { columns = 80, rows = 24 } = stream;
      const under = boots.filter(({ outcome }) => outcome === "under-way").toReversed();
      const room = Math.max(1, rows - 2);
      const live = under.slice(0, room).map((boot) => liveLine(boot, nowMs, columns - 1));
      const more = under.length > room ? [`and ${under.length - room} more`] : [];
      const up = shown === 0 ? "" : `\x1b[${shown}A`;
      stream.write(`${up}\r\x1b[J${[...lines, ...live, ...more].map((line) => `${line}\n`).join("")}`);
      shown = live.length + more.length;
    },
    lose(nowMs) {
      if (json) return;
      stream.write(`${ownLine(new Date(nowMs), LOST)}\n`);
      if (isLive) shown += 1;
    },
  };
}

/** What changes when there is something to say: elsewhere than on a terminal, not each byte. */
function changeKey({ outcome, step, scripts }: SessionRow, isLive: boolean): string {
  const progress = isLive ? step?.sentBytes : undefined;
  return JSON.stringify([outcome, scripts, step?.stage, step?.start, step?.result, progress]);
}

function plainLine(boot: SessionRow): string {
  const { id, host, mac, outcome, fetchedAfterMs } = boot;
  const who = host ?? mac;
  if (outcome === "under-way") return printable(`${id}  ${who}  ${stageText(boot)}`);
  const after = fetchedAfterMs === undefined ? "" : `, everything fetched after ${formatMs(fetchedAfterMs)}`;
  const why = outcome === "failed" || outcome === "turned-away" ? ` at ${stageText(boot)}` : "";
  return printable(`${id}  ${who}  ${outcomeText(boot)}${why}${after}`);
}

const BAR = 20;

function liveLine(boot: SessionRow, nowMs: number, width: number): string {
  const { host, mac, step, start } = boot;
  const running = formatMs(Math.max(0, nowMs - Date.parse(start)));
  const isFetching = step !== undefined && step.end === undefined && (step.sizeBytes ?? 0) > 0;
  const bar = isFetching ? `${progressBar(step.sentBytes ?? 0, step.sizeBytes ?? 0, BAR)}  ` : "";
  const rate = isFetching ? rateText(step.sentBytes ?? 0, nowMs - Date.parse(step.start)) : "";
  const line = printable(
    `${(host ?? mac).padEnd(17)}  ${running.padStart(8)}  ${bar}${stageText(boot)}${rate}`,
  );
  return line.length <= width ? line : `${line.slice(0, Math.max(0, width - 1))}…`;
}

function rateText(bytes: number, ms: number): string {
  return ms < 500 || bytes === 0 ? "" : `, ${formatBytes((bytes * 1000) / ms)}/s`;
}

/** What a machine says of itself is not to be trusted with a terminal. */
function printable(text: string): string {
  return text.replaceAll(/\p{Cc}/gu, "?");
}
