/** The SHA-256 of files of generations: read once, in pieces between which packets are answered, and remembered. */

import { createHash } from "node:crypto";
import type { Generation } from "../../boot/generation.ts";
import type { FileDigests } from "../../boot/kexec/plan.ts";
import { createLimiter } from "../images/limiter.ts";
import { createBoundedMap } from "../ladder/bounded-map.ts";
import type { FileShelf } from "../open-file.ts";

export interface DigestReader {
  /**
   * The digests of these files, by name.
   *
   * @returns `"reading"` when they are not known in time: the reading goes on; `undefined` when a file is
   * not kept any more
   */
  of(
    generation: Generation,
    files: readonly string[],
    withinMs: number,
  ): Promise<FileDigests | "reading" | undefined>;
}

/** An id means the same bytes for ever, so what was read once stays true. */
const MAX_DIGESTS = 4096;
/** A piece takes a millisecond or less. */
const PIECE_BYTES = 256 * 1024;

export function createDigestReader(shelf: Pick<FileShelf, "openMedia">): DigestReader {
  const known = createBoundedMap<Promise<string | undefined>>(MAX_DIGESTS);
  // One disk, and one thread to digest on.
  const inTurn = createLimiter(1);

  function digest(generation: Generation, file: string): Promise<string | undefined> {
    const key = `${generation.id}/${file}`;
    const before = known.get(key);
    if (before !== undefined) return before;
    const reading = inTurn(() => readDigest(shelf, generation, file));
    known.set(key, reading);
    const forget = () => known.delete(key);
    reading.then((found) => found === undefined && forget(), forget);
    return reading;
  }

  return {
    async of(generation, files, withinMs) {
      const all = Promise.all(files.map((file) => digest(generation, file)));
      const found = await within(all, withinMs);
      if (found === "reading") return found;
      const digests = new Map<string, string>();
      for (const [index, file] of files.entries()) {
        const value = found[index];
        if (value === undefined) return undefined;
        digests.set(file, value);
      }
      return digests;
    },
  };
}

async function within<Value>(work: Promise<Value>, ms: number): Promise<Value | "reading"> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<"reading">((resolve) => {
    timer = setTimeout(() => resolve("reading"), ms);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}

async function readDigest(
  shelf: Pick<FileShelf, "openMedia">,
  generation: Generation,
  name: string,
): Promise<string | undefined> {
  const file = await shelf.openMedia(generation, name);
  if (file === undefined) return undefined;
  try {
    const hash = createHash("sha256");
    const piece = new Uint8Array(Math.min(PIECE_BYTES, Math.max(1, file.sizeBytes)));
    for (let at = 0; at < file.sizeBytes; ) {
      const count = await file.read(piece, at);
      if (count === 0) return undefined;
      hash.update(piece.subarray(0, count));
      at += count;
    }
    return hash.digest("hex");
  } finally {
    file.close();
  }
}
