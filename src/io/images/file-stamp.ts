/** What a file system says of a file at one moment, precise enough to tell that it was written to since. */

import type { BigIntStats } from "node:fs";

export interface FileStamp {
  readonly dev: bigint;
  readonly ino: bigint;
  readonly sizeBytes: number;
  readonly mtimeNs: bigint;
  readonly ctimeNs: bigint;
  readonly links: bigint;
}

export function stampOf(stats: BigIntStats): FileStamp {
  const { dev, ino, size, mtimeNs, ctimeNs, nlink } = stats;
  return { dev, ino, sizeBytes: Number(size), mtimeNs, ctimeNs, links: nlink };
}

/**
 * Whether an open file still has the bytes that it had at `before`.
 *
 * The change time alone would do, but that a file loses a name changes it too: when a newer one is
 * renamed over it, the open one keeps its bytes and the boot that reads it may go on.
 */
export function isSameContent(before: FileStamp, now: FileStamp): boolean {
  const isSame =
    before.dev === now.dev &&
    before.ino === now.ino &&
    before.sizeBytes === now.sizeBytes &&
    before.mtimeNs === now.mtimeNs;
  return isSame && (before.ctimeNs === now.ctimeNs || now.links < before.links);
}

/** The same text for two stamps only if nothing happened to the file between them. */
export function formatStamp({ dev, ino, sizeBytes, mtimeNs, ctimeNs }: FileStamp): string {
  return `${dev}:${ino}:${sizeBytes}:${mtimeNs}:${ctimeNs}`;
}
