/**
 * The id of a generation outside a store: a digest of everything that a boot of it would see.
 *
 * Read and digested piece by piece on the thread pool, so that an initrd of a gigabyte holds up no packet.
 */

import { createHash } from "node:crypto";
import type { GenerationId } from "../../boot/generation.ts";
import { type FileStamp, formatStamp, isSameContent, stampOf } from "./file-stamp.ts";
import type { FoundImage } from "./image-reader.ts";
import { closeFd, openFd, readFd, statFd } from "./quick-fs.ts";
import { type FoundFile, sizeOf } from "./shared-file.ts";

/** The folder changed while it was being opened or read. */
export class MovedError extends Error {
  override readonly name = "MovedError";
}

/** Digests that were made already, by what the file system says of the file. */
export type DigestCache = Map<string, string>;

const MAX_DIGESTS = 4096;
const PIECE_BYTES = 1 << 20;

/** @throws {@link MovedError} when a file is no longer the one that was found */
export async function contentId({ image, files }: FoundImage, cache: DigestCache): Promise<GenerationId> {
  const hash = createHash("sha256").update(JSON.stringify(image));
  for (const [name, file] of files) {
    // A store path names its content, and better than we could.
    const digest = file.isImmutable ? file.path : await fileDigest(file, cache);
    hash.update(`\0${name}\0${sizeOf(file)}\0${digest}`);
  }
  return `d-${hash.digest("hex").slice(0, 32)}`;
}

async function fileDigest({ path, stamp }: FoundFile, cache: DigestCache): Promise<string> {
  const key = formatStamp(stamp);
  const known = cache.get(key);
  const digest = known ?? (await digestPieces(path, stamp));
  cache.delete(key);
  cache.set(key, digest);
  for (const oldest of cache.keys()) if (cache.size > MAX_DIGESTS) cache.delete(oldest);
  return digest;
}

/** The digest of the digests of the pieces: nobody else has to be able to make it. */
async function digestPieces(path: string, stamp: FileStamp): Promise<string> {
  const fd = await openFd(path, "r");
  try {
    const hash = createHash("sha256");
    const piece = new Uint8Array(Math.min(PIECE_BYTES, stamp.sizeBytes));
    for (let at = 0; at < stamp.sizeBytes; ) {
      const count = await readFd(fd, piece, 0, piece.length, at);
      if (count === 0) break;
      hash.update(new Uint8Array(await crypto.subtle.digest("SHA-256", piece.subarray(0, count))));
      at += count;
    }
    const isSame = isSameContent(stamp, stampOf(await statFd(fd)));
    if (!isSame) throw new MovedError(`${path} changed while it was read`);
    return hash.digest("hex");
  } finally {
    closeFd(fd);
  }
}
