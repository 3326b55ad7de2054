/** NUL-terminated texts of TFTP: each byte is one character of U+0000 to U+00FF, so that nothing is lost. */

import { WireError } from "../error.ts";

/**
 * Reads the text at `offset` up to its NUL.
 *
 * @param what - names the text in an error; `"to-end"` accepts one whose NUL is missing
 * @returns the text, and where the next one starts
 * @throws {@link WireError} `WIRE_TRUNCATED` if no NUL follows
 */
export function readText(bytes: Uint8Array, offset: number, what: string): { text: string; end: number } {
  const nul = bytes.indexOf(0, offset);
  if (nul < 0 && what !== "to-end") {
    throw new WireError("WIRE_TRUNCATED", `${what} has no NUL at its end`, offset);
  }
  const end = nul < 0 ? bytes.length : nul;
  const text = Array.from(bytes.subarray(offset, end), (byte) => String.fromCharCode(byte)).join("");
  return { text, end: end + 1 };
}

/** Writes a text and its NUL. @throws {@link WireError} `WIRE_BAD_VALUE` if a character is no byte, or NUL. */
export function encodeText(text: string): Uint8Array {
  const bytes = new Uint8Array(text.length + 1);
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === 0 || code > 0xff) {
      throw new WireError(
        "WIRE_BAD_VALUE",
        `a TFTP text cannot hold U+${code.toString(16).padStart(4, "0")}`,
      );
    }
    bytes[i] = code;
  }
  return bytes;
}
