/** Options 66 and 67: the TFTP server's name and the boot file's, and their NUL at the end. */

import { concat } from "../bytes.ts";
import { WireError } from "../error.ts";
import { decodeNulText, encodeText } from "./text.ts";

/** Reads option 66 or 67 up to its NUL, if it has one. */
export function decodeBootName(value: Uint8Array): string {
  return decodeNulText(value);
}

/**
 * Writes option 66 or 67 with a NUL at its end.
 *
 * RFC 2132 asks for none, but old clients read past the option's length and take the byte after it,
 * often the END of 255, for a part of the name (Q7).
 *
 * @throws {@link WireError} `WIRE_BAD_VALUE` if the text holds a NUL or cannot be written
 */
export function encodeBootName(text: string): Uint8Array {
  return concat([encodeBareBootName(text), Uint8Array.of(0)]);
}

/**
 * Writes option 66 or 67 without a NUL, for the EEPROM of a Raspberry Pi, which mis-reads a longer
 * option 66 (Q7, R4).
 */
export function encodeBareBootName(text: string): Uint8Array {
  const bytes = encodeText(text);
  if (bytes.includes(0)) throw new WireError("WIRE_BAD_VALUE", "a name cannot hold a NUL");
  return bytes;
}
