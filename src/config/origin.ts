/** Where a value of the configuration stands, and a mistake made of it. */

import { formatPath, type Mistake } from "./mistake.ts";

export type Path = readonly PropertyKey[];

/** Where values stand and how they were written; a file's YAML tree, or a flag or variable. */
export interface Origin {
  placeOf(path: Path): string;
  readAt(path: Path): string;
  /** Whether places have keys of their own: a flag and a variable say all by their name. */
  readonly hasKeys: boolean;
}

/** @param read - as it was written, by default, unless that may be a secret */
export function mistakeAt(path: Path, want: string, origin: Origin, read = readAt(path, origin)): Mistake {
  const key = origin.hasKeys && path.length > 0 ? { key: formatPath(path) } : {};
  return { place: origin.placeOf(path), ...key, read, want };
}

/** Whoever knows the address of a chat's room can write there; it may stand where a map should, too. */
function readAt(path: Path, origin: Origin): string {
  const [top, , key] = path;
  const isQuiet = top === "notify" && (path.length <= 2 || key === "url");
  const read = origin.readAt(path);
  return isQuiet && read.startsWith("'") ? "what is not repeated here, since it may be a secret" : read;
}

/** What stands under a key, of whatever there is; the checks look even where another mistake stands beside. */
export function field(value: unknown, key: string): unknown {
  return typeof value === "object" && value !== null ? Reflect.get(value, key) : undefined;
}

/** The entries of a map; none of anything else. */
export function entriesOf(value: unknown): [string, unknown][] {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? Object.entries(value) : [];
}

/** The items of a list; none of anything else. */
export function itemsOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}
