/**
 * The headers of a tar archive: one block of 512 bytes before each entry.
 *
 * ```
 *   0 name 100 | 100 mode 8 | 108 uid 8 | 116 gid 8 | 124 size 12 | 136 mtime 12
 * 148 checksum 8 | 156 type 1 | 157 link 100 | 257 "ustar" 6 | 345 prefix 155
 * ```
 *
 * @see POSIX.1-2017, pax, "ustar Interchange Format" and "pax Extended Header"
 */

import { WireError } from "../error.ts";

export const BLOCK_BYTES = 512;

/**
 * What an entry is.
 *
 * - `pax`, `pax-global`: properties of the next entry, of all that follow
 * - `long-name`, `long-link`: GNU's way to say a name of the next entry that is too long for its header
 * - `other`: a device, a pipe, or something that no program of today writes
 */
export type TarType =
  | "file"
  | "folder"
  | "link"
  | "hard-link"
  | "pax"
  | "pax-global"
  | "long-name"
  | "long-link"
  | "other";

export interface TarHeader {
  readonly name: string;
  readonly type: TarType;
  /** Of the data that follows, without what fills its last block. */
  readonly sizeBytes: number;
  /** Where a link leads. */
  readonly target: string;
}

const TYPES: Readonly<Record<string, TarType>> = {
  "\0": "file",
  "0": "file",
  "7": "file",
  "1": "hard-link",
  "2": "link",
  "5": "folder",
  x: "pax",
  g: "pax-global",
  L: "long-name",
  K: "long-link",
};

/**
 * Reads a header.
 *
 * @param block - 512 bytes
 * @returns `undefined` for a block of zeros, which ends an archive
 * @throws {@link WireError} `WIRE_BAD_LENGTH` if it is no block, `WIRE_BAD_MAGIC` if its checksum is wrong,
 * `WIRE_BAD_VALUE` for a size that no file has
 */
export function decodeTarHeader(block: Uint8Array): TarHeader | undefined {
  if (block.length !== BLOCK_BYTES) throw new WireError("WIRE_BAD_LENGTH", "a tar header has 512 bytes");
  if (block.every((byte) => byte === 0)) return undefined;
  if (octal(block, 148, 8) !== checksum(block)) {
    throw new WireError("WIRE_BAD_MAGIC", "a tar header's checksum is wrong");
  }
  const isUstar = text(block, 257, 5) === "ustar";
  // GNU's own format has other things where the prefix would be.
  const prefix = isUstar && block[262] === 0 ? text(block, 345, 155) : "";
  const name = text(block, 0, 100);
  return {
    name: prefix === "" ? name : `${prefix}/${name}`,
    type: TYPES[String.fromCharCode(block[156] ?? 0)] ?? "other",
    sizeBytes: number(block, 124, 12),
    target: text(block, 157, 100),
  };
}

/**
 * Reads the properties of an extended header: `LENGTH KEY=VALUE\n`, again and again.
 *
 * @throws {@link WireError} `WIRE_BAD_VALUE` where one is not that
 */
export function decodePaxRecords(data: Uint8Array): ReadonlyMap<string, string> {
  const records = new Map<string, string>();
  for (let at = 0; at < data.length; ) {
    const space = data.indexOf(0x20, at);
    const length = Number(new TextDecoder().decode(data.subarray(at, Math.max(at, space))));
    const end = at + length;
    const isWhole = Number.isInteger(length) && end > space && end <= data.length && data[end - 1] === 0x0a;
    const record = isWhole ? new TextDecoder().decode(data.subarray(space + 1, end - 1)) : "";
    const equals = record.indexOf("=");
    if (space < 0 || equals < 1) throw new WireError("WIRE_BAD_VALUE", "a pax record is malformed", at);
    records.set(record.slice(0, equals), record.slice(equals + 1));
    at = end;
  }
  return records;
}

function text(block: Uint8Array, at: number, length: number): string {
  const field = block.subarray(at, at + length);
  const end = field.indexOf(0);
  return new TextDecoder().decode(end < 0 ? field : field.subarray(0, end));
}

function octal(block: Uint8Array, at: number, length: number): number {
  const digits = text(block, at, length).trim();
  return /^[0-7]+$/.test(digits) ? Number.parseInt(digits, 8) : Number.NaN;
}

/** Octal, or, with the first bit set, binary: how GNU tar writes what octal has no room for. */
function number(block: Uint8Array, at: number, length: number): number {
  const isBinary = ((block[at] ?? 0) & 0x80) !== 0;
  const value = isBinary
    ? block.subarray(at + 1, at + length).reduce((sum, byte) => sum * 256 + byte, (block[at] ?? 0) & 0x7f)
    : octal(block, at, length);
  if (!Number.isSafeInteger(value))
    throw new WireError("WIRE_BAD_VALUE", "a tar header's size is no number", at);
  return value;
}

/** The sum of all bytes, with its own field as if it were spaces. */
function checksum(block: Uint8Array): number {
  return block.reduce((sum, byte, at) => sum + (at >= 148 && at < 156 ? 0x20 : byte), 0);
}
