/** Long lines for a terminal: broken between words, what follows below the beginning of the text. */

/** So many characters a line has at least, however narrow the terminal is. */
const NARROWEST = 20;

/**
 * Breaks a text into lines.
 *
 * @param indent - what the second line and those after it begin with, in spaces
 * @param width - of the terminal, in characters; without one the text stays as it is
 */
export function wrapText(text: string, indent: number, width = Number.POSITIVE_INFINITY): string[] {
  const room = Math.max(width, indent + NARROWEST);
  const lines: string[] = [];
  for (let rest = text; ; ) {
    const start = lines.length === 0 ? "" : " ".repeat(indent);
    const most = room - start.length;
    if (rest.length <= most) return [...lines, start + rest];
    const least = lines.length === 0 ? indent : 0;
    const space = rest.lastIndexOf(" ", most);
    // A word that is longer than a line is broken where the line ends.
    const at = space > least ? space : most;
    lines.push((start + rest.slice(0, at)).trimEnd());
    rest = rest.slice(at).trimStart();
  }
}
