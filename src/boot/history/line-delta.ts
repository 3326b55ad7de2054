/**
 * Writes a list of lines as what differs from another one, so that a hundred generations of a system take
 * little more room than a few. Pure; the order of the lines means nothing.
 */

/** Lines that only the one or only the other has, each as often as it is there. */
export interface LineDelta {
  readonly gone: readonly string[];
  readonly come: readonly string[];
}

/** How to make `to` of `from`. */
export function lineDelta(from: readonly string[], to: readonly string[]): LineDelta {
  if (from.length === 0) return { gone: [], come: to };
  const left = countLines(from);
  const come = to.filter((line) => !take(left, line));
  const gone = [...left].flatMap(([line, count]) => Array.from({ length: count }, () => line));
  return { gone, come };
}

/** The opposite of {@link lineDelta}; in an order of its own. */
export function applyDelta(from: readonly string[], { gone, come }: LineDelta): readonly string[] {
  const left = countLines(gone);
  return [...from.filter((line) => !take(left, line)), ...come];
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
