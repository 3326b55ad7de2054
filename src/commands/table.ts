/** Tables for people: columns as wide as what stands in them, cut where the terminal ends. */

export interface Column<Row> {
  readonly title: string;
  readonly text: (row: Row) => string;
}

const GAP = "  ";
const NOTHING = "-";

/**
 * Writes rows below their titles. A column in which nothing stands is left out.
 *
 * @param width - of the terminal, in characters; without one no line is cut
 */
export function formatTable<Row>(
  columns: readonly Column<Row>[],
  rows: readonly Row[],
  width = Number.POSITIVE_INFINITY,
): string[] {
  const filled = columns
    .map(({ title, text }) => ({ title, cells: rows.map((row) => printable(text(row))) }))
    .filter(({ cells }) => cells.some((cell) => cell !== ""));
  const padded = filled.map(({ title, cells }) => {
    const shown = [title, ...cells.map((cell) => (cell === "" ? NOTHING : cell))];
    const columnWidth = Math.max(...shown.map((cell) => cell.length));
    return shown.map((cell) => cell.padEnd(columnWidth));
  });
  return Array.from({ length: rows.length + 1 }, (_, row) =>
    cut(
      padded
        .map((cells) => cells[row] ?? "")
        .join(GAP)
        .trimEnd(),
      width,
    ),
  );
}

/** What a machine says of itself is not to be trusted with a terminal. */
function printable(text: string): string {
  return text.replaceAll(/\p{Cc}/gu, "?").trim();
}

function cut(line: string, width: number): string {
  return line.length <= width ? line : `${line.slice(0, Math.max(0, width - 1))}…`;
}

const UNITS = [
  ["day", 86_400_000],
  ["hour", 3_600_000],
  ["minute", 60_000],
  ["second", 1000],
] as const;

/** `3 minutes ago`. */
export function formatAgo(atMs: number, nowMs: number): string {
  const agoMs = Math.max(0, nowMs - atMs);
  const [unit, unitMs] = UNITS.find(([, ms]) => agoMs >= ms) ?? ["second", 1000];
  const count = Math.floor(agoMs / unitMs);
  return count === 0 ? "just now" : `${count} ${unit}${count === 1 ? "" : "s"} ago`;
}
