/**
 * What iPXE says of itself in a URL's query: `mac=${netX/mac:hexhyp}&serial=${serial:uristring}&…`.
 *
 * Until 2021 iPXE decoded a query before sending it and encoded again only some characters, so that an
 * ampersand, an equals sign or a plus sign of a value arrives bare. So a plus sign is no blank here, and
 * an ampersand only ends a value when a name that we use follows it.
 *
 * @see iPXE src/core/uri.c; setting types in src/core/settings.c
 */

/** The names that our scripts put into a query. Anything else belongs to the value before it. */
export const QUERY_NAMES = [
  "mac",
  "uuid",
  "serial",
  "arch",
  "platform",
  "hostname",
  "manufacturer",
  "product",
  "asset",
  "nic",
  "busid",
  "version",
  "attempt",
  "wait",
] as const;

export type QueryName = (typeof QUERY_NAMES)[number];

/** Only settings that are not empty are in it. */
export type Query = ReadonlyMap<QueryName, string>;

/**
 * Reads a query without its question mark. Never fails: bad percent escapes are kept as they are.
 *
 * The first of two equal names wins, so that a value cannot overrule what stands before it.
 */
export function parseQuery(text: string): Query {
  const query = new Map<QueryName, string>();
  for (const part of text.split(new RegExp(`&(?=(?:${QUERY_NAMES.join("|")})=)`))) {
    const [name = "", ...value] = part.split("=");
    if (isQueryName(name) && !query.has(name)) query.set(name, decodeUristring(value.join("=")).trim());
  }
  return new Map([...query].filter(([, value]) => value !== ""));
}

function isQueryName(name: string): name is QueryName {
  return (QUERY_NAMES as readonly string[]).includes(name);
}

/** Reads a setting of type `uristring`: bytes, taken as UTF-8, with `%XX` for some of them. */
export function decodeUristring(text: string): string {
  return text.replace(/(?:%[0-9a-fA-F]{2})+/g, (escapes) => {
    const bytes = Uint8Array.from(escapes.slice(1).split("%"), (hex) => Number.parseInt(hex, 16));
    return new TextDecoder().decode(bytes);
  });
}

/**
 * Reads `${uuid}`: in lower case with hyphens.
 *
 * @returns `undefined` for text that is no UUID, and for those of firmware that has none: all zero, all ones
 */
export function parseUuid(text: string): string | undefined {
  const lower = text.toLowerCase();
  if (!/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(lower)) return undefined;
  return /^[0-]+$|^[f-]+$/.test(lower) ? undefined : lower;
}

/** Writes a query that {@link parseQuery} reads back, after any iPXE has decoded and sent it. */
export function formatQuery(query: Query): string {
  return [...query].map(([name, value]) => `${name}=${encodeURIComponent(value)}`).join("&");
}
