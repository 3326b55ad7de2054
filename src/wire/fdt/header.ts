/** The header of a flattened device tree, which `.dtb` and `.dtbo` files are. */

import { WireError } from "../error.ts";

const MAGIC = 0xd00dfeed;
const HEADER_BYTES = 40;

/** Whether the bytes start as a device tree does. */
export function isFdt(bytes: Uint8Array): boolean {
  return bytes.length >= 4 && new DataView(bytes.buffer, bytes.byteOffset).getUint32(0) === MAGIC;
}

/**
 * Reads how long the tree is.
 *
 * @param bytes - the first 40 bytes or more
 * @returns `totalsize` in bytes; the file may be longer
 * @throws {@link WireError} `WIRE_BAD_MAGIC`, `WIRE_TRUNCATED`, or `WIRE_BAD_LENGTH` for blocks that lie outside
 * @see Devicetree Specification §5.2
 */
export function decodeFdtSize(bytes: Uint8Array): number {
  if (!isFdt(bytes)) throw new WireError("WIRE_BAD_MAGIC", "the file does not start with 0xd00dfeed", 0);
  if (bytes.length < HEADER_BYTES)
    throw new WireError("WIRE_TRUNCATED", "the header ends early", bytes.length);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const total = view.getUint32(4);
  const structEnd = view.getUint32(8) + view.getUint32(36);
  const stringsEnd = view.getUint32(12) + view.getUint32(32);
  if (total < HEADER_BYTES || structEnd > total || stringsEnd > total) {
    throw new WireError("WIRE_BAD_LENGTH", `a block lies outside of the tree's ${total} bytes`, 4);
  }
  return total;
}
