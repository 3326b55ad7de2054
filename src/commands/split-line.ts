/** Parts a line of bash into words, as far as completion needs it. Pure. */

/** @returns the words, the last one being typed: empty where the line ends in a space */
export function splitLine(line: string): readonly string[] {
  const words = [""];
  let quote = "";
  let isQuoted = false;
  const add = (text: string) => words.push((words.pop() ?? "") + text);
  for (const character of line) {
    if (isQuoted) {
      add(character);
      isQuoted = false;
    } else if (character === "\\" && quote !== "'") isQuoted = true;
    else if (quote !== "") {
      if (character === quote) quote = "";
      else add(character);
    } else if (character === "'" || character === '"') quote = character;
    else if (/\s/.test(character)) {
      if (words.at(-1) !== "") words.push("");
    } else add(character);
  }
  return words;
}
