/** Reads a machine's apt sources, both spellings, to learn from which mirror it takes Debian itself. */

/** One source of packages, as far as it matters here. */
export interface AptSource {
  readonly uri: string;
  readonly suites: readonly string[];
  readonly components: readonly string[];
  /** A key ring's path, where the source names one. */
  readonly signedBy?: string;
}

/** Reads one-line sources, `deb [options] URI suite component…`; what is no `deb` line is left out. */
export function parseSourcesList(text: string): AptSource[] {
  return text.split("\n").flatMap((line) => {
    const match = /^\s*deb\s+(?:\[([^\]]*)\]\s+)?(\S+)\s+([^\s#]+)\s*([^#]*)/.exec(line);
    if (match === null) return [];
    const [, options = "", uri = "", suite = "", components = ""] = match;
    return [source(uri, [suite], words(components), /signed-by=(\S+)/.exec(options)?.[1])];
  });
}

/** Reads deb822 sources (`*.sources`): stanzas of `Field: value`; one that is disabled is left out. */
export function parseDeb822(text: string): AptSource[] {
  return text.split(/\n\s*\n/).flatMap((stanza) => {
    const fields = stanzaFields(stanza);
    const uris = words(fields.get("uris") ?? "");
    const isOn = (fields.get("enabled") ?? "yes").toLowerCase() !== "no";
    if (!isOn || !words(fields.get("types") ?? "").includes("deb")) return [];
    const suites = words(fields.get("suites") ?? "");
    const components = words(fields.get("components") ?? "");
    const signedBy = fields.get("signed-by");
    return uris.map((uri) => source(uri, suites, components, signedBy));
  });
}

function stanzaFields(stanza: string): Map<string, string> {
  const fields = new Map<string, string>();
  let last = "";
  for (const line of stanza.split("\n")) {
    if (line.startsWith("#")) continue;
    const match = /^([A-Za-z0-9-]+):\s*(.*)$/.exec(line);
    if (match !== null) {
      last = (match[1] ?? "").toLowerCase();
      fields.set(last, (match[2] ?? "").trim());
    } else if (/^\s/.test(line) && last !== "") {
      fields.set(last, `${fields.get(last)} ${line.trim()}`.trim());
    }
  }
  return fields;
}

function source(
  uri: string,
  suites: string[],
  components: string[],
  signedBy: string | undefined,
): AptSource {
  // A key may also stand in the file itself; only a path can be named again elsewhere.
  const isPath = signedBy?.startsWith("/") === true && !signedBy.includes(" ");
  return { uri, suites, components, ...(isPath ? { signedBy } : {}) };
}

function words(text: string): string[] {
  return text.split(/[\s,]+/).filter((word) => word !== "");
}

/**
 * The source that this machine takes its Debian from.
 *
 * Vendors use the same names of suites and components, so one that also has the release's updates,
 * or that ends in `/debian`, is taken first.
 *
 * @param codename - as in `/etc/os-release`; a machine of testing or unstable may have none
 */
export function debianMirror(
  sources: readonly AptSource[],
  codename: string | undefined,
): AptSource | undefined {
  const names = codename === undefined ? ["unstable", "sid", "testing", "stable"] : [codename];
  const fit = sources.filter(
    ({ components, suites }) => components.includes("main") && suites.some((each) => names.includes(each)),
  );
  const withUpdates = new Set(
    sources.filter(({ suites }) => suites.includes(`${codename}-updates`)).map((each) => each.uri),
  );
  return (
    fit.find((each) => withUpdates.has(each.uri)) ??
    fit.find((each) => /\/debian\/?$/.test(each.uri)) ??
    fit[0]
  );
}
