/** Reads systemd's unit files. Pure. @see systemd.syntax(7), systemd.service(5) */

/** One `KEY=VALUE` with the section that it is in. */
export interface UnitLine {
  readonly section: string;
  readonly key: string;
  readonly value: string;
}

export function parseUnit(text: string): UnitLine[] {
  // A line that ends with a backslash goes on in the next one; comments in between do not end it.
  const joined = text.replaceAll(/\\\r?\n(?:\s*[#;].*\r?\n)*/g, " ");
  const lines: UnitLine[] = [];
  let section = "";
  for (const line of joined.split(/\r?\n/)) {
    const [, name] = /^\s*\[([^\]]+)\]\s*$/.exec(line) ?? [];
    if (name !== undefined) section = name;
    const [, key, value = ""] = /^\s*([A-Za-z][A-Za-z0-9-]*)\s*=\s*(.*?)\s*$/.exec(line) ?? [];
    if (key !== undefined) lines.push({ section, key, value });
  }
  return lines;
}

/** What a list such as `ExecStart` comes to after all files of a unit: an empty value begins it anew. */
export function listOf(lines: readonly UnitLine[], section: string, key: string): string[] {
  const values = lines.filter((line) => line.section === section && line.key === key);
  const from = values.findLastIndex(({ value }) => value === "") + 1;
  return values.slice(from).map(({ value }) => value);
}

/** What a single value comes to: the last one wins. */
export function lastOf(lines: readonly UnitLine[], section: string, key: string): string | undefined {
  return lines.findLast((line) => line.section === section && line.key === key)?.value;
}
