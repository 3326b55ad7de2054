/**
 * What a terminal would show of a serial port's output, as lines of plain text.
 *
 * Firmware and iPXE step back with BS and CR and write over what stands there. SeaBIOS does it in the middle
 * of a word by sending the cursor to a place (seen: `1EE`, cursor to row 5, column 64, `F0` for `1EF0`). Any
 * other place is on another row, and the sequence is left out.
 */

export interface TerminalText {
  /** Takes in more output; gives the lines that it completed, without their ends. */
  add(more: string): readonly string[];
  /** All of it so far, the unfinished last line too. */
  text(): string;
}

export function createTerminalText(): TerminalText {
  let done = "";
  // Kept as it came: a sequence may come in two pieces, and what stands here may still be written over.
  let unfinished = "";
  return {
    add(more) {
      const raw = (unfinished + more).split("\n");
      unfinished = raw.pop() ?? "";
      const lines = raw.map(renderLine);
      done += lines.map((line) => `${line}\n`).join("");
      return lines;
    },
    text: () => done + renderLine(unfinished),
  };
}

const COLUMNS = 80;
/** A cursor that is sent further back than this is sent to another row. */
const MAX_STEP_BACK = 4;
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what this reads
const TOKEN = /\x1b\[\d*;(\d+)H|\x1b(?:\[[0-9;?=]*[A-Za-z]|[()][0-9A-B]|[=>c78])|./gsu;

function renderLine(raw: string): string {
  const cells: string[] = [];
  let column = 0;
  for (const [token, place] of raw.matchAll(TOKEN)) {
    if (place !== undefined) column -= stepBack(column, Number(place) - 1);
    else if (token === "\b") column = Math.max(0, column - 1);
    else if (token === "\r") column = 0;
    else if (token >= " " || token === "\t") cells[column++] = token;
  }
  return cells.join("");
}

function stepBack(column: number, place: number): number {
  const back = (column % COLUMNS) - place;
  return back > 0 && back <= MAX_STEP_BACK ? back : 0;
}
