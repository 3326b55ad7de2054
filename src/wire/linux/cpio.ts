/**
 * Writes the frame of a cpio archive in the "newc" form, which is what Linux unpacks as an initramfs: the
 * content of its one file goes between head and tail.
 *
 * ```
 * 070701 inode mode uid gid links mtime size 0 0 0 0 name-length 0   each 8 digits, then the name, NUL
 * ```
 *
 * @see Linux Documentation/driver-api/early-userspace/buffer-format.rst
 */

import { WireError } from "../error.ts";

export interface CpioFrame {
  readonly head: Uint8Array;
  readonly tail: Uint8Array;
}

const HEADER_BYTES = 110;
const S_IFREG = 0o100000;
/** The size has eight hexadecimal digits. */
const MAX_BYTES = 0xffff_ffff;

/**
 * @param path - relative, of a file whose folder is there already
 * @throws {@link WireError} `WIRE_BAD_LENGTH` for a file of 4 GiB or more
 */
export function frameCpioFile(path: string, sizeBytes: number): CpioFrame {
  if (sizeBytes > MAX_BYTES) {
    throw new WireError(
      "WIRE_BAD_LENGTH",
      `an initramfs holds no file of 4 GiB or more, and this has ${sizeBytes}`,
    );
  }
  // An inode number that an archive before it has too would make two files one (quirk K4).
  const head = record(path, { inode: 0x4d61_7966, mode: S_IFREG | 0o444, links: 1, sizeBytes });
  const trailer = record("TRAILER!!!", { inode: 0, mode: 0, links: 1, sizeBytes: 0 });
  const tail = new Uint8Array((-sizeBytes & 3) + trailer.length);
  tail.set(trailer, -sizeBytes & 3);
  return { head, tail };
}

interface Fields {
  readonly inode: number;
  readonly mode: number;
  readonly links: number;
  readonly sizeBytes: number;
}

/** Header and name, padded to a multiple of four bytes. */
function record(path: string, { inode, mode, links, sizeBytes }: Fields): Uint8Array {
  const name = new TextEncoder().encode(`${path}\0`);
  const fields = [inode, mode, 0, 0, links, 0, sizeBytes, 0, 0, 0, 0, name.length, 0];
  const text = `070701${fields.map((field) => field.toString(16).padStart(8, "0")).join("")}`;
  const length = HEADER_BYTES + name.length;
  const bytes = new Uint8Array(length + (-length & 3));
  bytes.set(new TextEncoder().encode(text));
  bytes.set(name, HEADER_BYTES);
  return bytes;
}
