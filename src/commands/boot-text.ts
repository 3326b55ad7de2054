/** Boots in words and bars: one line of a list, how far one is, and all its stages against time. Pure. */

import { formatBytes, formatMs } from "../boot/describe.ts";
import type {
  ConsoleLineView,
  DiagnosisView,
  SessionDetail,
  SessionRow,
  StepView,
} from "../web/schema/sessions.ts";
import { wrapText } from "./wrap-text.ts";

/** What became of a boot, as people say it. */
export function outcomeText({ outcome, via }: Pick<SessionRow, "outcome" | "via">): string {
  const text = outcome === "checked-in" ? "up" : outcome.replace("-", " ");
  return via === "kexec" ? `${text} (kexec)` : text;
}

/** Which stage it is in, and how much of it is done. */
export function stageText({ step, outcome }: Pick<SessionRow, "step" | "outcome">): string {
  if (step === undefined) return "";
  const { stage, sizeBytes = 0, sentBytes, end, note } = step;
  if (end === undefined && sizeBytes > 0)
    return `${stage} ${percent(sentBytes ?? 0, sizeBytes)} of ${formatBytes(sizeBytes)}`;
  const why = outcome === "failed" || outcome === "turned-away" ? (note ?? step.result) : undefined;
  return why === undefined || why === "complete" ? stage : `${stage}: ${why}`;
}

function percent(part: number, whole: number): string {
  return `${Math.min(100, Math.floor((100 * part) / whole))} %`;
}

/** Full and empty cells, as far as it is. */
export function progressBar(part: number, whole: number, width: number): string {
  const full = whole > 0 ? Math.min(width, Math.round((width * part) / whole)) : 0;
  return "█".repeat(full) + "░".repeat(width - full);
}

const NARROWEST_BAR = 10;
/** What the bars are made for where there is no terminal. */
const USUAL_WIDTH = 100;

/**
 * A boot with all its stages, each where and as long as it was, beside what it takes as a rule.
 *
 * @param width - of the terminal, in characters; absent: there is none, and nothing is cut
 */
export function bootLines(boot: SessionDetail, width?: number): string[] {
  const { steps } = boot;
  const startMs = Date.parse(boot.start);
  const endMs = Math.max(Date.parse(boot.last), ...steps.map(({ end, start }) => Date.parse(end ?? start)));
  const usual = new Map(boot.medians.stages.map(({ stage, medianMs }) => [stage, medianMs]));
  const rows = steps.map((step) => ({ step, cells: cellsOf(step, startMs, usual.get(step.stage)) }));
  const wide = (index: number) => Math.max(0, ...rows.map(({ cells }) => cells[index]?.length ?? 0));
  const [at, name, took, rule] = [wide(0), wide(1), wide(2), wide(3)];
  const barWidth = Math.max(
    NARROWEST_BAR,
    Math.floor(((width ?? USUAL_WIDTH) - at - name - took - rule - 8) / 2),
  );
  const lines = rows.map(({ step, cells: [start = "", stage = "", time = "", median = "", what = ""] }) => {
    const bar = barOf(step, { startMs, endMs }, barWidth);
    const fixed = [start.padStart(at), stage.padEnd(name), bar, time.padStart(took), median.padEnd(rule)];
    return cut(`${fixed.join("  ")}  ${what}`.trimEnd(), width);
  });
  const causes = boot.diagnoses.flatMap(diagnosisLines);
  const said = boot.console.length === 0 ? [] : ["", ...consoleLines(boot.console, startMs, width)];
  return [...headLines(boot).map(printable), ...causes.map(printable), "", ...lines, ...said];
}

/** What the machine said, each line with when it did; whole, since its end is as often what matters. */
function consoleLines(
  said: readonly ConsoleLineView[],
  startMs: number,
  width: number | undefined,
): string[] {
  const rows = said.map(({ at, program, text }) => ({
    time: `+${formatMs(Date.parse(at) - startMs)}`,
    text: program === undefined ? text : `${program}: ${text}`,
  }));
  const wide = Math.max(...rows.map(({ time }) => time.length));
  return rows.flatMap(({ time, text }) =>
    wrapText(printable(`${time.padStart(wide)}  ${text}`), wide + 2, width),
  );
}

/** What is wrong, what to do, and what tells so. */
function diagnosisLines({ code, certainty, what, cure, evidence }: DiagnosisView): string[] {
  return [
    "",
    `${certainty === "certain" ? "" : `${certainty}: `}${what} (${code})`,
    `  to do: ${cure}`,
    ...evidence.map((line) => `  seen: ${line}`),
  ];
}

function headLines(boot: SessionDetail): string[] {
  const { id, mac, host, generation, address, checkIn, medians, fetchedAfterMs } = boot;
  const who = host === undefined ? mac : `${host} (${mac}${address === undefined ? "" : `, ${address}`})`;
  const took = fetchedAfterMs === undefined ? "" : `, everything fetched after ${formatMs(fetchedAfterMs)}`;
  const usual =
    medians.totalMs === undefined ? "" : ` (as a rule ${formatMs(medians.totalMs)}, of ${medians.boots})`;
  const missing =
    checkIn === undefined ? [] : [...checkIn.failedUnits, ...checkIn.missingMounts, ...checkIn.missingFiles];
  return [
    `${who}: ${outcomeText(boot)}${took}${usual}`,
    `boot ${id}, ${boot.start}${generation === undefined ? "" : `, generation ${generation}`}`,
    ...(missing.length === 0 ? [] : [`it misses ${missing.join(", ")}`]),
  ];
}

function cellsOf(step: StepView, startMs: number, medianMs: number | undefined): string[] {
  const { stage, start, durationMs, sizeBytes, sentBytes, result, note, path, files, end } = step;
  const isOdd = result !== undefined && result !== "complete" && result !== "probed";
  const size =
    sizeBytes === undefined ? undefined : formatBytes(result === "complete" ? sizeBytes : (sentBytes ?? 0));
  const rate =
    result === "complete" && sizeBytes !== undefined && durationMs !== undefined && durationMs >= 100
      ? `${formatBytes((sizeBytes * 1000) / durationMs)}/s`
      : undefined;
  const what = [
    isOdd ? result : undefined,
    end === undefined && sizeBytes !== undefined ? percent(sentBytes ?? 0, sizeBytes) : undefined,
    ...[result === "probed" ? undefined : size, rate],
    files === undefined ? path?.replace(/^media\/[^/]+\//, "") : `${files} files`,
    note,
  ];
  return [
    `+${formatMs(Date.parse(start) - startMs)}`,
    stage,
    durationMs === undefined ? "under way" : formatMs(durationMs),
    medianMs === undefined ? "" : `~${formatMs(medianMs)}`,
    what.filter((part) => part !== undefined).join(", "),
  ];
}

/** Its place between the beginning and the end of the boot; the shortest one can be seen, too. */
function barOf(
  { start, end }: StepView,
  { startMs, endMs }: { readonly startMs: number; readonly endMs: number },
  width: number,
): string {
  const cell = Math.max(1, endMs - startMs) / width;
  const from = Math.min(width - 1, Math.floor((Date.parse(start) - startMs) / cell));
  const until = end === undefined ? endMs : Date.parse(end);
  const to = Math.max(from + 1, Math.min(width, Math.round((until - startMs) / cell)));
  return "·".repeat(from) + "█".repeat(to - from) + "·".repeat(width - to);
}

/** What a machine says of itself is not to be trusted with a terminal. */
function printable(text: string): string {
  return text.replaceAll(/\p{Cc}/gu, "?");
}

function cut(line: string, width = Number.POSITIVE_INFINITY): string {
  const shown = printable(line);
  return shown.length <= width ? shown : `${shown.slice(0, Math.max(0, width - 1))}…`;
}
