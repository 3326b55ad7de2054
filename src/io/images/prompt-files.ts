/**
 * Short calls of the file system, made on the spot as long as it answers at once.
 *
 * Handing a call to another thread and back costs five times what the call itself does, and a thousand
 * images make twenty thousand of them. A disk that has to seek, or a mount far away, would hold up every
 * answer meanwhile: after one slow call the next ones go to the other threads for a while. Only what was
 * reached a moment ago may be asked in this way, since a mount that is gone never answers.
 */

import type { BigIntStats, OpenMode } from "node:fs";
import { closeSync, type Dirent, openSync, readdirSync, readSync, statSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { openFd, readBeginning, statPath } from "./quick-fs.ts";

export interface PromptFiles {
  open(path: string, flags: OpenMode): Promise<number>;
  stat(path: string): Promise<BigIntStats>;
  list(folder: string): Promise<Dirent[]>;
  /** Reads `length` bytes, or all of a shorter file. */
  readBeginning(path: string, length: number): Promise<Uint8Array>;
}

/** Longer than a call takes that finds all it needs in memory, shorter than anybody would notice. */
const SLOW_MS = 5;
/** How long the other threads are used then. */
const ASIDE_MS = 20;

/** @param now - a clock that only goes forward, in milliseconds */
export function createPromptFiles(now: () => number = () => performance.now()): PromptFiles {
  let asideUntilMs = Number.NEGATIVE_INFINITY;

  async function call<Value>(onTheSpot: () => Value, aside: () => Promise<Value>): Promise<Value> {
    const beganMs = now();
    if (beganMs < asideUntilMs) return aside();
    try {
      return onTheSpot();
    } finally {
      const endedMs = now();
      if (endedMs - beganMs > SLOW_MS) asideUntilMs = endedMs + ASIDE_MS;
    }
  }
  return {
    open: (path, flags) =>
      call(
        () => openSync(path, flags),
        () => openFd(path, flags),
      ),
    stat: (path) =>
      call(
        () => statSync(path, { bigint: true }),
        () => statPath(path),
      ),
    list: (folder) =>
      call(
        () => readdirSync(folder, { withFileTypes: true }),
        () => readdir(folder, { withFileTypes: true }),
      ),
    readBeginning: (path, length) =>
      call(
        () => readBeginningSync(path, length),
        () => readBeginning(path, length),
      ),
  };
}

function readBeginningSync(path: string, length: number): Uint8Array {
  const fd = openSync(path, "r");
  try {
    const into = new Uint8Array(length);
    let filled = 0;
    while (filled < length) {
      const count = readSync(fd, into, filled, length - filled, filled);
      if (count === 0) break;
      filled += count;
    }
    return into.subarray(0, filled);
  } finally {
    closeSync(fd);
  }
}
