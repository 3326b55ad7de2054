/** Tables for people: columns as wide as what stands in them; on a narrow terminal the less important ones go. */

export interface Column<Row> {
  readonly title: string;
  readonly text: (row: Row) => string;
  /** Where not all have room it goes before those with a lower number; absent: it stays. */
  readonly goes?: number;
  /** Before any goes, it is cut to so many characters, as far as that is needed; absent: it is whole. */
  readonly least?: number;
}

const GAP = "  ";
const NOTHING = "-";

/**
 * Writes rows below their titles. A column in which nothing stands is left out.
 *
 * @param width - of the terminal, in characters; without one nothing is cut or goes
 */
export function formatTable<Row>(
  columns: readonly Column<Row>[],
  rows: readonly Row[],
  width = Number.POSITIVE_INFINITY,
): string[] {
  const filled = columns
    .map((column) => ({ ...column, cells: rows.map((row) => printable(column.text(row))) }))
    .filter(({ cells }) => cells.some((cell) => cell !== ""))
    .map(({ title, cells, goes, least }): Filled => {
      const shown = [title, ...cells.map((cell) => (cell === "" ? NOTHING : cell))];
      const full = Math.max(...shown.map((cell) => cell.length));
      return { shown, goes, width: full, least: Math.min(full, Math.max(least ?? full, title.length)) };
    });
  const padded = withinWidth(filled, width).map(({ shown, width: of }) =>
    shown.map((cell) => cut(cell, of).padEnd(of)),
  );
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

interface Filled {
  /** The title, then a cell for each row. */
  readonly shown: readonly string[];
  readonly goes: number | undefined;
  readonly width: number;
  readonly least: number;
}

/** Leaves out columns until the rest has room, and then cuts what may be cut, from the right. */
function withinWidth(columns: readonly Filled[], width: number): readonly Filled[] {
  let kept = columns;
  while (widthOf(kept.map(({ least }) => least)) > width) {
    const next = Math.max(...kept.map(({ goes = 0 }) => goes));
    if (next <= 0) break;
    kept = kept.filter(({ goes }) => goes !== next);
  }
  let over = widthOf(kept.map((each) => each.width)) - width;
  return kept
    .toReversed()
    .map((each) => {
      const less = Math.max(0, Math.min(over, each.width - each.least));
      over -= less;
      return { ...each, width: each.width - less };
    })
    .toReversed();
}

function widthOf(widths: readonly number[]): number {
  return widths.reduce((sum, each) => sum + each, GAP.length * (widths.length - 1));
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
