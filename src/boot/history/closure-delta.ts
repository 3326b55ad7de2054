/**
 * Writes a closure as what differs from another one, so that a hundred generations of a system take
 * little more room than a few. Pure.
 */

import type { Closure, ClosurePath } from "./closure.ts";

/** Lines that only the one or only the other has: `123 openssl-3.0.14`, each as often as it is there. */
export interface ClosureDelta {
  readonly gone: readonly string[];
  readonly come: readonly string[];
}

/** How to make `to` of `from`. */
export function closureDelta(from: Closure, to: Closure): ClosureDelta {
  const left = countLines(linesOf(from));
  const come = linesOf(to).filter((line) => !take(left, line));
  const gone = [...left].flatMap(([line, count]) => Array.from({ length: count }, () => line));
  return { gone, come };
}

/** The opposite of {@link closureDelta}; in an order of its own. */
export function applyDelta(from: Closure, { gone, come }: ClosureDelta): Closure {
  const left = countLines(gone);
  const kept = from.filter((path) => !take(left, lineOf(path)));
  return [...kept, ...come.map(parseLine)];
}

function linesOf(closure: Closure): string[] {
  return closure.map(lineOf);
}

function lineOf({ name, sizeBytes }: ClosurePath): string {
  return `${sizeBytes} ${name}`;
}

function parseLine(line: string): ClosurePath {
  const at = line.indexOf(" ");
  return { name: line.slice(at + 1), sizeBytes: Number(line.slice(0, at)) };
}

function countLines(lines: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const line of lines) counts.set(line, (counts.get(line) ?? 0) + 1);
  return counts;
}

/** Takes one of these away; whether there was one. */
function take(counts: Map<string, number>, line: string): boolean {
  const count = counts.get(line) ?? 0;
  if (count > 1) counts.set(line, count - 1);
  else counts.delete(line);
  return count > 0;
}
