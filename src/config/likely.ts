/** Guesses which of the known words a misspelt one was meant to be. */

/**
 * The known word that is nearest to `word`, if one is near enough to be what was meant.
 *
 * `http-port` and `HTTPPORT` are spellings of `httpPort`; two letters that changed places are one step.
 */
export function likelyWord(word: string, known: Iterable<string>): string | undefined {
  const plain = strip(word);
  let best: string | undefined;
  let bestSteps = Math.max(1, Math.floor(plain.length / 3)) + 1;
  for (const each of known) {
    const steps = editSteps(plain, strip(each));
    if (steps < bestSteps) [best, bestSteps] = [each, steps];
  }
  return best;
}

function strip(word: string): string {
  return word.toLowerCase().replaceAll(/[-_ ]/g, "");
}

/** Letters inserted, left out, replaced or swapped with their neighbour (optimal string alignment). */
export function editSteps(a: string, b: string): number {
  let before: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const replace = at(last, j - 1) + (a[i - 1] === b[j - 1] ? 0 : 1);
      const isSwap = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      const swap = isSwap ? at(before, j - 2) + 1 : Number.POSITIVE_INFINITY;
      row.push(Math.min(replace, swap, at(last, j) + 1, at(row, j - 1) + 1));
    }
    [before, last] = [last, row];
  }
  return at(last, b.length);
}

function at(row: readonly number[], index: number): number {
  return row[index] ?? Number.POSITIVE_INFINITY;
}
