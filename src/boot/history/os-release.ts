/** Reads `os-release`, the file in which a system says which one it is. @see os-release(5) */

/** The values by their names; of a name that stands there twice the last one, as a shell would have it. */
export function parseOsRelease(text: string): ReadonlyMap<string, string> {
  const values = new Map<string, string>();
  for (const line of text.split(/\r?\n/)) {
    const [, name, value = ""] = /^\s*([A-Z][A-Z0-9_]*)=(.*?)\s*$/.exec(line) ?? [];
    if (name !== undefined) values.set(name, unquote(value));
  }
  return values;
}

function unquote(text: string): string {
  const [, single] = /^'([^']*)'$/.exec(text) ?? [];
  if (single !== undefined) return single;
  const [, double = text] = /^"(.*)"$/.exec(text) ?? [];
  return double.replaceAll(/\\(.)/g, "$1");
}

/** The version of NixOS, as exact as the file has it; `undefined` for another system. */
export function nixosVersionOf(release: ReadonlyMap<string, string>): string | undefined {
  if (release.get("ID") !== "nixos") return undefined;
  return release.get("BUILD_ID") || release.get("VERSION_ID") || undefined;
}
