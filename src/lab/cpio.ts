/** Writes cpio archives in the "newc" form, which is what Linux unpacks as an initramfs. */

import { concat } from "../wire/bytes.ts";

/** One thing in the archive; paths are relative, and folders come before what is in them. */
export type CpioEntry =
  | { readonly type: "folder"; readonly path: string }
  | { readonly type: "file"; readonly path: string; readonly content: Uint8Array; readonly mode: number }
  | { readonly type: "link"; readonly path: string; readonly target: string };

const HEADER_BYTES = 110;
const S_IFDIR = 0o040000;
const S_IFREG = 0o100000;
const S_IFLNK = 0o120000;

/**
 * Packs entries into one archive, padded so that another archive or a compressed one may follow.
 *
 * Every entry has an inode number of its own and one link: numbers that repeat would make the kernel
 * take different files for hard links of one (quirk K4).
 */
export function encodeCpio(entries: readonly CpioEntry[]): Uint8Array {
  const parts = entries.flatMap((entry, index) => encodeEntry(entry, index + 1));
  const trailer = encodeRecord("TRAILER!!!", 0, 0, 1, new Uint8Array());
  return concat([...parts, ...trailer]);
}

function encodeEntry(entry: CpioEntry, inode: number): Uint8Array[] {
  switch (entry.type) {
    case "folder":
      return encodeRecord(entry.path, S_IFDIR | 0o755, inode, 2, new Uint8Array());
    case "file":
      return encodeRecord(entry.path, S_IFREG | entry.mode, inode, 1, entry.content);
    case "link":
      return encodeRecord(entry.path, S_IFLNK | 0o777, inode, 1, new TextEncoder().encode(entry.target));
  }
}

/** Header and name, then content, each padded to a multiple of four bytes. */
function encodeRecord(
  path: string,
  mode: number,
  inode: number,
  links: number,
  content: Uint8Array,
): Uint8Array[] {
  const name = new TextEncoder().encode(`${path}\0`);
  const fields = [...[inode, mode, 0, 0, links, 0], ...[content.length, 0, 0, 0, 0], ...[name.length, 0]].map(
    (field) => field.toString(16).padStart(8, "0").toUpperCase(),
  );
  const header = new TextEncoder().encode(`070701${fields.join("")}`);
  return [header, name, padding(HEADER_BYTES + name.length), content, padding(content.length)];
}

function padding(length: number): Uint8Array {
  return new Uint8Array(-length & 3);
}
