/** Entity tags: what names a state of a thing, and conditions on it. Pure but for the digest. @see RFC 9110 §8.8.3, §13.1 */

import { createHash } from "node:crypto";

/** The strong tag of a text that is another one whenever what it stands for is. */
export function etagOf(text: string): string {
  return `"${createHash("sha256").update(text).digest("base64url").slice(0, 22)}"`;
}

/**
 * The tag of what is shown where only a part of it is what changes are about: it is another one with either,
 * and {@link holdsVersion} looks at that part alone.
 */
export function etagOfPart(version: string, shown: string): string {
  return `${etagOf(version).slice(0, -1)}.${etagOf(shown).slice(1)}`;
}

/** Whether a condition for a change, a list of tags or `*`, names a version; a weak tag never does. */
export function holdsVersion(list: string, tag: string | undefined): boolean {
  return holdsTag(list.replaceAll(/\.[\w-]*"/g, '"'), tag, "strong");
}

const TAGS = /(W\/)?("[^"]*")/g;

/**
 * Whether a list of tags, or `*`, holds one.
 *
 * @param tag - `undefined`: there is no such thing, which not even `*` means
 * @param kind - `strong`: a weak tag never is the same
 */
export function holdsTag(list: string, tag: string | undefined, kind: "strong" | "weak"): boolean {
  if (tag === undefined) return false;
  if (list.trim() === "*") return true;
  return [...list.matchAll(TAGS)].some(
    ([, weak, value]) => value === tag && (kind === "weak" || weak === undefined),
  );
}
