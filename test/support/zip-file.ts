/** Writes zips, honest and hostile ones: each field of an entry can be made to lie. */

import { crc32, deflateRawSync } from "node:zlib";

export interface ZipEntry {
  readonly name: string;
  readonly bytes: Uint8Array;
  readonly stored?: boolean;
  /** A Unix mode; 0o120777 is a link. */
  readonly mode?: number;
  /** What the directory says instead of the truth. */
  readonly claims?: { readonly crc?: number; readonly sizeBytes?: number; readonly flags?: number };
}

export function zipFile(entries: readonly ZipEntry[]): Uint8Array {
  const locals: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  for (const entry of entries) {
    const name = Buffer.from(entry.name);
    const data = entry.stored === true ? Buffer.from(entry.bytes) : deflateRawSync(entry.bytes);
    const fields = commonFields(entry, data.length, name.length);
    const local = Buffer.concat([signature(0x04034b50), fields, name, data]);
    directory.push(directoryEntry(entry, fields, offset), name);
    locals.push(local);
    offset += local.length;
  }
  const central = Buffer.concat(directory);
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(entries.length, 8);
  end.writeUInt16LE(entries.length, 10);
  end.writeUInt32LE(central.length, 12);
  end.writeUInt32LE(offset, 16);
  return new Uint8Array(Buffer.concat([...locals, central, end]));
}

/** What the local header and the directory have in common: version to extra length. */
function commonFields({ bytes, stored, claims }: ZipEntry, packedBytes: number, nameBytes: number): Buffer {
  const fields = Buffer.alloc(26);
  fields.writeUInt16LE(20, 0);
  fields.writeUInt16LE(claims?.flags ?? 0x800, 2);
  fields.writeUInt16LE(stored === true ? 0 : 8, 4);
  fields.writeUInt32LE(claims?.crc ?? crc32(bytes), 10);
  fields.writeUInt32LE(packedBytes, 14);
  fields.writeUInt32LE(claims?.sizeBytes ?? bytes.length, 18);
  fields.writeUInt16LE(nameBytes, 22);
  return fields;
}

function directoryEntry({ mode = 0o100644 }: ZipEntry, fields: Buffer, offset: number): Buffer {
  const rest = Buffer.alloc(14);
  rest.writeUInt32LE((mode << 16) >>> 0, 6);
  rest.writeUInt32LE(offset, 10);
  // Made by: Unix.
  return Buffer.concat([signature(0x02014b50), Buffer.from([20, 3]), fields, rest]);
}

function signature(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}
