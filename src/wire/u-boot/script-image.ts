/**
 * A script as U-Boot's `source` wants it: text in a legacy image, `boot.scr` or `boot.scr.uimg`.
 *
 * ```
 * 0  27051956   4  CRC of the header, with this field 0   8  time   12  bytes of data
 * 16 load, 20 entry address   24  CRC of the data   28  5 Linux   29  architecture   30  6 script   31  0
 * 32 name, 32 bytes
 * 64 length of the script   68  0, the end of the lengths   72  the script
 * ```
 *
 * All numbers are big endian. U-Boot looks at the architecture of kernels, not at that of scripts.
 *
 * @see U-Boot include/image.h, struct legacy_img_hdr
 */

import { concat } from "../bytes.ts";
import { crc32 } from "../crc32.ts";
import { WireError } from "../error.ts";

const MAGIC = 0x2705_1956;
const HEADER_BYTES = 64;
const HEADER_CRC_AT = 4;
const NAME_AT = 32;
const NAME_BYTES = 32;
const OS_LINUX = 5;
const ARCH_ARM64 = 22;
const TYPE_SCRIPT = 6;

export interface ScriptImage {
  /** Shown on the screen; ASCII, at most 32 characters. */
  readonly name: string;
  /** Commands of U-Boot's shell, a line each. */
  readonly script: string;
}

/** Writes a script image. */
export function encodeScriptImage({ name, script }: ScriptImage): Uint8Array {
  const text = new TextEncoder().encode(script);
  const lengths = new Uint8Array(8);
  new DataView(lengths.buffer).setUint32(0, text.length);
  const data = concat([lengths, text]);
  const header = new Uint8Array(HEADER_BYTES);
  const view = new DataView(header.buffer);
  view.setUint32(0, MAGIC);
  view.setUint32(12, data.length);
  view.setUint32(24, crc32(data));
  header.set([OS_LINUX, ARCH_ARM64, TYPE_SCRIPT, 0], 28);
  header.set(new TextEncoder().encode(name).subarray(0, NAME_BYTES), NAME_AT);
  view.setUint32(HEADER_CRC_AT, crc32(header));
  return concat([header, data]);
}

/**
 * Reads a script image. The inverse of {@link encodeScriptImage}.
 *
 * @throws {@link WireError} `WIRE_TRUNCATED`, `WIRE_BAD_MAGIC`, or `WIRE_BAD_VALUE` if a checksum is wrong or it is no script
 */
export function decodeScriptImage(bytes: Uint8Array): ScriptImage {
  if (bytes.length < HEADER_BYTES + 8) throw new WireError("WIRE_TRUNCATED", "the image ends in its header");
  const header = Uint8Array.from(bytes.subarray(0, HEADER_BYTES));
  const view = new DataView(header.buffer);
  if (view.getUint32(0) !== MAGIC) throw new WireError("WIRE_BAD_MAGIC", "this is no U-Boot image", 0);
  const headerCrc = view.getUint32(HEADER_CRC_AT);
  view.setUint32(HEADER_CRC_AT, 0);
  const data = bytes.subarray(HEADER_BYTES, HEADER_BYTES + view.getUint32(12));
  if (crc32(header) !== headerCrc || data.length !== view.getUint32(12) || crc32(data) !== view.getUint32(24))
    throw new WireError("WIRE_BAD_VALUE", "a checksum of the image is wrong", HEADER_CRC_AT);
  if (header[30] !== TYPE_SCRIPT || data.length < 8) {
    throw new WireError("WIRE_BAD_VALUE", "the image is no script", 30);
  }
  const length = new DataView(data.buffer, data.byteOffset).getUint32(0);
  const name = new TextDecoder().decode(header.subarray(NAME_AT)).replace(/\0.*$/s, "");
  return { name, script: new TextDecoder().decode(data.subarray(8, 8 + length)) };
}
