/** What changed between two lines, word by word. Pure. */

/** One word that both lines have, or only one of them, in their order. */
export interface WordEdit {
  readonly edit: "same" | "removed" | "added";
  readonly word: string;
}

/** Takes kernel parameters apart as the kernel does: blanks within double quotes part nothing. */
export function splitParameters(line: string): string[] {
  return line.match(/(?:"[^"]*"?|[^\s"])+/g) ?? [];
}

/** Beyond this many pairs of words it is not worth its time to find what has only moved. */
const MAX_PAIRS = 1_000_000;

/** The fewest edits that make the one list of the other; of a list that is far too long all of it. */
export function diffWords(before: readonly string[], after: readonly string[]): WordEdit[] {
  const head = commonHead(before, after);
  const tail = commonHead(before.slice(head).toReversed(), after.slice(head).toReversed());
  const old = before.slice(head, before.length - tail);
  const young = after.slice(head, after.length - tail);
  return [
    ...edits("same", before.slice(0, head)),
    ...(old.length * young.length > MAX_PAIRS ? replaced(old, young) : fewestEdits(old, young)),
    ...edits("same", before.slice(before.length - tail)),
  ];
}

function replaced(old: readonly string[], young: readonly string[]): WordEdit[] {
  return [...edits("removed", old), ...edits("added", young)];
}

function edits(edit: WordEdit["edit"], words: readonly string[]): WordEdit[] {
  return words.map((word) => ({ edit, word }));
}

function commonHead(one: readonly string[], other: readonly string[]): number {
  const at = one.findIndex((word, index) => word !== other[index]);
  return at < 0 ? one.length : at;
}

/** By the longest common subsequence. */
function fewestEdits(old: readonly string[], young: readonly string[]): WordEdit[] {
  const common = commonLengths(old, young);
  const result: WordEdit[] = [];
  let i = 0;
  let j = 0;
  for (let word = old[0]; word !== undefined; word = old[i]) {
    const other = young[j];
    if (other === undefined) return [...result, ...edits("removed", old.slice(i))];
    if (word === other) {
      result.push({ edit: "same", word });
      i++;
      j++;
    } else if ((common[i + 1]?.[j] ?? 0) >= (common[i]?.[j + 1] ?? 0)) {
      result.push({ edit: "removed", word });
      i++;
    } else {
      result.push({ edit: "added", word: other });
      j++;
    }
  }
  return [...result, ...edits("added", young.slice(j))];
}

/** At `[i][j]`: how many words the rests of both lists from there on have in common, in order. */
function commonLengths(old: readonly string[], young: readonly string[]): readonly Uint32Array[] {
  const lengths = Array.from({ length: old.length + 1 }, () => new Uint32Array(young.length + 1));
  for (let i = old.length - 1; i >= 0; i--) {
    const row = lengths[i];
    const next = lengths[i + 1];
    if (row === undefined || next === undefined) continue;
    for (let j = young.length - 1; j >= 0; j--) {
      row[j] = old[i] === young[j] ? (next[j + 1] ?? 0) + 1 : Math.max(next[j] ?? 0, row[j + 1] ?? 0);
    }
  }
  return lengths;
}
