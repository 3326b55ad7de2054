/** Reads docs/errors.md: the codes that the page shows, with what they mean. Pure. */

export interface CodeSection {
  readonly title: string;
  readonly heads: readonly string[];
  readonly rows: readonly CodeRow[];
}

export interface CodeRow {
  readonly code: string;
  /** What stands beside it, with code between backticks. */
  readonly cells: readonly string[];
}

/** Every table whose rows begin with a code, in its section. */
export function readCodes(markdown: string): readonly CodeSection[] {
  return markdown
    .split(/^## /m)
    .slice(1)
    .flatMap((text) => {
      const [title = "", ...lines] = text.split("\n");
      const rows = lines.filter((line) => line.startsWith("|")).map(cellsOf);
      const [heads = [], , ...others] = rows;
      const found = others.flatMap(([first = "", ...cells]) => {
        const code = /^`([^`]+)`$/.exec(first)?.[1];
        return code === undefined ? [] : [{ code, cells }];
      });
      return found.length === 0 ? [] : [{ title, heads: heads.slice(1), rows: found }];
    });
}

function cellsOf(line: string): readonly string[] {
  const cells = line
    .split(/(?<!\\)\|/)
    .slice(1, -1)
    .map((cell) => cell.trim().replaceAll("\\|", "|"));
  // Links lead to documents that are not here.
  return cells.map((cell) =>
    cell.replaceAll(/ \(\[[^\]]+\.md\]\([^)]*\)\)/g, "").replaceAll(/\[([^\]]+)\]\([^)]*\)/g, "$1"),
  );
}
