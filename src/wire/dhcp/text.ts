/**
 * Text in packets: one byte per character, every byte allowed, so that nothing is lost on the way
 * to a string and back. What is ASCII reads as itself.
 */

import { WireError } from "../error.ts";

/** Reads bytes as text, one character each. */
export function decodeText(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) text += String.fromCharCode(byte);
  return text;
}

/** Writes text, one byte per character. @throws {@link WireError} `WIRE_BAD_VALUE` if one does not fit in a byte. */
export function encodeText(text: string): Uint8Array {
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) {
    const code = text.codePointAt(i) ?? 0;
    if (code > 255) {
      throw new WireError(
        "WIRE_BAD_VALUE",
        `'${String.fromCodePoint(code)}' in '${text}' does not fit in a byte`,
      );
    }
    bytes[i] = code;
  }
  return bytes;
}

/** Reads text up to its first NUL, or all of it. */
export function decodeNulText(bytes: Uint8Array): string {
  const nul = bytes.indexOf(0);
  return decodeText(nul < 0 ? bytes : bytes.subarray(0, nul));
}
