/** Option 77: user classes, as RFC 3004 has them or as bare text. */

import { decodeText } from "./text.ts";

/**
 * Reads option 77 in either form.
 *
 * iPXE sends the four letters `iPXE` without the length that RFC 3004 wants in front of each class, and
 * so do Windows and others with theirs (I1). What is a valid list is read as one; anything else is one class.
 *
 * @returns at least one class, unless the option is empty
 * @see RFC 3004 §4
 */
export function decodeUserClass(value: Uint8Array): readonly string[] {
  return value.length === 0 ? [] : (decodeList(value) ?? [decodeText(value)]);
}

/** Writes option 77 as RFC 3004 has it; classes have 1 to 255 characters. */
export function encodeUserClass(classes: readonly string[]): Uint8Array {
  return Uint8Array.from(
    classes.flatMap((each) => [each.length, ...Array.from(each, (character) => character.charCodeAt(0))]),
  );
}

function decodeList(value: Uint8Array): string[] | undefined {
  const classes: string[] = [];
  let at = 0;
  while (at < value.length) {
    const length = value[at] ?? 0;
    const end = at + 1 + length;
    if (length === 0 || end > value.length) return undefined;
    classes.push(decodeText(value.subarray(at + 1, end)));
    at = end;
  }
  return classes;
}
