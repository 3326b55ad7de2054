/** Reads lists as OpenTelemetry has them in variables: `KEY=VALUE,KEY=VALUE`, both percent-encoded. */

/**
 * Reads a list of pairs.
 *
 * @returns `undefined` where a part is no pair; none for an empty text
 * @see OpenTelemetry "Specifying headers via environment variables", W3C Baggage
 */
export function parsePairs(text: string): Readonly<Record<string, string>> | undefined {
  const parts = text.split(",").filter((part) => part.trim() !== "");
  const pairs = parts.map(parsePair);
  if (pairs.includes(undefined)) return undefined;
  return Object.fromEntries(pairs.filter((pair) => pair !== undefined));
}

function parsePair(part: string): readonly [string, string] | undefined {
  const at = part.indexOf("=");
  const key = decode(part.slice(0, Math.max(at, 0)).trim());
  const value = decode(part.slice(at + 1).trim());
  return key === undefined || key === "" || value === undefined ? undefined : [key, value];
}

function decode(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}
