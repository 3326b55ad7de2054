/** Ethernet addresses: bytes, the one spelling used inside, and every spelling that people use. */

import { formatHexByte } from "../bytes.ts";
import { WireError } from "../error.ts";

/** Six bytes in lower case with colons, as in `dc:a6:32:01:02:03`. */
export type Mac = string;

const MAC_BYTES = 6;
const NOBODY: Mac = "00:00:00:00:00:00";

/** Writes six bytes as a {@link Mac}. @throws {@link WireError} `WIRE_BAD_LENGTH` if not six. */
export function formatMac(bytes: Uint8Array): Mac {
  if (bytes.length !== MAC_BYTES) {
    throw new WireError("WIRE_BAD_LENGTH", `a MAC address has 6 bytes, got ${bytes.length}`);
  }
  return Array.from(bytes, formatHexByte).join(":");
}

/**
 * Reads six bytes as a {@link Mac}.
 *
 * @returns `undefined` for one that no machine can have, as {@link parseMac} does
 * @throws {@link WireError} `WIRE_BAD_LENGTH` if not six
 */
export function decodeMac(bytes: Uint8Array): Mac | undefined {
  const mac = formatMac(bytes);
  const isMulticast = ((bytes[0] ?? 0) & 1) === 1;
  return isMulticast || mac === NOBODY ? undefined : mac;
}

/** Writes a {@link Mac} as six bytes. The inverse of {@link formatMac}. */
export function encodeMac(mac: Mac): Uint8Array {
  return Uint8Array.from(mac.split(":"), (byte) => Number.parseInt(byte, 16));
}

/**
 * Reads a MAC address in any spelling that people use: `52:54:00:12:34:56`, `52-54-00-12-34-56`,
 * `525400123456`, `5254.0012.3456`, upper or lower case, leading zeros of a byte left out
 * (`0:11:22:a:b:c`, as some tools print it).
 *
 * @returns `undefined` if the text is no MAC address, or is one that no machine can have:
 * all zero, broadcast, or multicast.
 */
export function parseMac(text: string): Mac | undefined {
  const trimmed = text.trim().toLowerCase();
  const digits = /^[0-9a-f]{1,2}([:-][0-9a-f]{1,2}){5}$/.test(trimmed)
    ? trimmed
        .split(/[:-]/)
        .map((byte) => byte.padStart(2, "0"))
        .join("")
    : trimmed.replace(/^([0-9a-f]{4})\.([0-9a-f]{4})\.([0-9a-f]{4})$/, "$1$2$3");
  if (!/^[0-9a-f]{12}$/.test(digits)) return undefined;
  return decodeMac(encodeMac((digits.match(/../g) ?? []).join(":")));
}

/** The file-name spelling, `52-54-00-12-34-56`: colons are awkward in paths and URLs. */
export function hyphenMac(mac: Mac): string {
  return mac.replaceAll(":", "-");
}
