/**
 * Puts the messages of netconsoles together to lines, within bounds: whoever can reach the port can send
 * anything, and as much as he likes. Pure; time comes in as an argument.
 */

import type { Ipv4 } from "../../wire/net/ipv4.ts";

interface Console {
  /** The beginning of a line whose end has not come yet. */
  readonly rest: string;
  /** Lines of the current minute. */
  readonly count: number;
  readonly sinceMs: number;
}

/** What is known of each machine that speaks, the one that spoke last at the end. */
export type ConsoleBook = ReadonlyMap<Ipv4, Console>;

export const NO_CONSOLES: ConsoleBook = new Map();

const MAX_CONSOLES = 256;
/** A line that is longer is cut. */
export const MAX_LINE = 240;
/** A Pi says some three hundred lines when it is set to say everything. */
export const MAX_LINES_A_MINUTE = 1000;
const MINUTE_MS = 60_000;

/** Takes a datagram; gives the lines that are whole now, as they can be printed. */
export function takeConsole(
  book: ConsoleBook,
  from: Ipv4,
  bytes: Uint8Array,
  nowMs: number,
): readonly [ConsoleBook, readonly string[]] {
  const known = book.get(from) ?? { rest: "", count: 0, sinceMs: nowMs };
  const isOver = nowMs - known.sinceMs >= MINUTE_MS;
  const { count, sinceMs } = isOver ? { count: 0, sinceMs: nowMs } : known;
  const pieces = (known.rest + printable(bytes)).split("\n");
  const rest = (pieces.pop() ?? "").slice(0, MAX_LINE);
  const said = pieces.map((piece) => piece.trim().slice(0, MAX_LINE)).filter((piece) => piece !== "");
  const lines = said.slice(0, Math.max(0, MAX_LINES_A_MINUTE - count));
  const hasReached = said.length > lines.length && count <= MAX_LINES_A_MINUTE;
  const next = new Map(book);
  next.delete(from);
  next.set(from, { rest, count: count + said.length, sinceMs });
  const [oldest] = next.keys();
  if (next.size > MAX_CONSOLES && oldest !== undefined) next.delete(oldest);
  return [next, hasReached ? [...lines, "(more lines than a minute has room for are left out)"] : lines];
}

const ESCAPE = String.fromCharCode(27);

/** ASCII and line ends; what moves a terminal's cursor or sets its colours is left out. */
function printable(bytes: Uint8Array): string {
  const text = Array.from(bytes, (byte) => String.fromCharCode(byte)).join("");
  const [first = "", ...escaped] = text.split(ESCAPE);
  return [first, ...escaped.map((piece) => piece.replace(/^\[[0-9;]*[A-Za-z]/, ""))]
    .join("")
    .replaceAll(/\r\n?/g, "\n")
    .replaceAll(/[^\n -~]/g, "");
}
