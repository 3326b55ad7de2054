/** The section table of a PE file: a unified kernel image keeps its kernel, initrd and command line in sections. */

import { WireError } from "../error.ts";

export interface PeSection {
  /** At most 8 characters: `.linux`. */
  readonly name: string;
  /** Where its bytes are in the file. */
  readonly offset: number;
  /** How many of them mean something; what follows up to the next section is padding. */
  readonly sizeBytes: number;
}

/** Where the DOS header says where the PE header is. */
const PE_OFFSET_AT = 0x3c;
const FILE_HEADER_BYTES = 24;
const ENTRY_BYTES = 40;

/**
 * Reads the section table.
 *
 * ```
 * 0  name, 8 bytes   8  virtual size   16  size in the file   20  offset in the file
 * ```
 *
 * @param bytes - the file's first 4 KiB or more
 * @throws {@link WireError} `WIRE_BAD_MAGIC` if this is no PE file, `WIRE_TRUNCATED` if its table is not in `bytes`
 * @see Microsoft PE Format, "Section Table"
 */
export function decodePeSections(bytes: Uint8Array): PeSection[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  need(bytes, PE_OFFSET_AT + 4);
  const header = view.getUint32(PE_OFFSET_AT, true);
  need(bytes, header + FILE_HEADER_BYTES);
  if (view.getUint16(0) !== 0x4d5a || view.getUint32(header, true) !== 0x4550) {
    throw new WireError("WIRE_BAD_MAGIC", "this is no PE file", header);
  }
  const count = view.getUint16(header + 6, true);
  const table = header + FILE_HEADER_BYTES + view.getUint16(header + 20, true);
  need(bytes, table + ENTRY_BYTES * count);
  return Array.from({ length: count }, (_, index) => decodeEntry(bytes, view, table + ENTRY_BYTES * index));
}

function decodeEntry(bytes: Uint8Array, view: DataView, at: number): PeSection {
  const name = String.fromCharCode(...bytes.subarray(at, at + 8)).replace(/\0.*$/s, "");
  const virtualBytes = view.getUint32(at + 8, true);
  const fileBytes = view.getUint32(at + 16, true);
  // Linkers that do not know the virtual size write 0.
  const sizeBytes = virtualBytes === 0 ? fileBytes : Math.min(virtualBytes, fileBytes);
  return { name, offset: view.getUint32(at + 20, true), sizeBytes };
}

function need(bytes: Uint8Array, length: number): void {
  if (bytes.length < length) {
    throw new WireError("WIRE_TRUNCATED", "the section table lies behind what was read", bytes.length);
  }
}
