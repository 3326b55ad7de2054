/** Which copies go when there is no room for another one: the oldest that nobody needs, and no more than it takes. */

import type { GenerationId } from "../generation.ts";

/** One copy, as far as its room matters. */
export interface StoredCopy {
  readonly id: GenerationId;
  /** When it was made, in milliseconds since the epoch. */
  readonly madeMs: number;
  /** Its files by content: what two copies share takes room once. */
  readonly files: readonly { readonly sha256: string; readonly sizeBytes: number }[];
}

export interface RoomQuestion {
  readonly copies: readonly StoredCopy[];
  readonly needed: ReadonlySet<GenerationId>;
  /** What the new one takes, in bytes. */
  readonly wantedBytes: number;
  /** What the store may take in all. */
  readonly maxBytes: number;
  /** What the disk has left for it. */
  readonly freeBytes: number;
  readonly nowMs: number;
}

export type RoomAnswer =
  | { readonly type: "room"; readonly remove: readonly GenerationId[] }
  /** Everything that could go has been counted. */
  | { readonly type: "full"; readonly short: "store" | "disk"; readonly neededBytes: number };

/** What a disk needs for others, in bytes: databases that cannot write any more are worse than a missing copy. */
export const RESERVE_BYTES = 256 * 1024 * 1024;

/** One that was made a moment ago may be linked in the next. */
const TOO_NEW_MS = 600_000;

/** What copies take together, in bytes. */
export function bytesOf(copies: readonly StoredCopy[]): number {
  const files = new Map(
    copies.flatMap(({ files }) => files.map(({ sha256, sizeBytes }) => [sha256, sizeBytes])),
  );
  return [...files.values()].reduce((sum, sizeBytes) => sum + sizeBytes, 0);
}

/** Decides what goes for a new copy. */
export function makeRoom(question: RoomQuestion): RoomAnswer {
  const { copies, needed, wantedBytes, maxBytes, freeBytes, nowMs } = question;
  const mayGo = copies
    .filter(({ id, madeMs }) => !needed.has(id) && nowMs - madeMs >= TOO_NEW_MS)
    .sort((a, b) => a.madeMs - b.madeMs);
  const before = bytesOf(copies);
  let left = copies;
  const remove: GenerationId[] = [];
  for (;;) {
    const taken = bytesOf(left);
    const fitsStore = taken + wantedBytes <= maxBytes;
    if (fitsStore && wantedBytes <= freeBytes + before - taken) return { type: "room", remove };
    const next = mayGo[remove.length];
    if (next === undefined) return { type: "full", short: fitsStore ? "disk" : "store", neededBytes: taken };
    remove.push(next.id);
    left = left.filter(({ id }) => id !== next.id);
  }
}
