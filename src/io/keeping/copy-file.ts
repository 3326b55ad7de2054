/**
 * Copies a file that may be changed by others at any time: either the copy has the bytes that the file had
 * when it was found, or there is none.
 */

import { createHash } from "node:crypto";
import { constants } from "node:fs";
import { copyFile as cloneFile, type FileHandle, open, rename } from "node:fs/promises";
import { MovedError } from "../images/content-id.ts";
import { formatStamp, stampOf } from "../images/file-stamp.ts";
import type { FoundFile } from "../images/shared-file.ts";

/** Small enough that digesting a piece holds up no packet, on a Raspberry Pi either. */
const PIECE_BYTES = 128 * 1024;
/** What is written at once: a slow card that is given all of it would hold up every other reader. */
const FLUSH_EVERY_BYTES = 32 * 1024 * 1024;

/**
 * Copies `found` to `to`, which must not be there, and puts it on the disk.
 *
 * Where the file system can, the copy shares the blocks of the original until one of them is changed. It
 * never shares the file itself: that could be overwritten in place, and both would be.
 *
 * @returns the SHA-256 of the copy, in hexadecimal
 * @throws {@link MovedError} when the file is not the one that was found, or changed under way
 */
export async function copyFound(found: FoundFile, to: string, signal: AbortSignal): Promise<string> {
  const isCloned = await cloneFile(found.path, to, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE_FORCE)
    .then(() => true)
    .catch(() => false);
  await using from = await open(isCloned ? to : found.path, "r");
  if (!isCloned) await checkSame(found, from);
  await using into = await open(to, isCloned ? "r+" : "wx");
  const digest = await pump(from, isCloned ? undefined : into, signal);
  await into.chmod(0o444);
  await into.sync();
  // After all was read: a write shows in the stamp before it shows in the bytes.
  await using now = await open(found.path, "r");
  await checkSame(found, now);
  return digest;
}

/** The same for a file that is ours: it is moved. */
export async function moveFound(found: FoundFile, to: string, signal: AbortSignal): Promise<string> {
  await rename(found.path, to);
  await using file = await open(to, "r");
  const digest = await pump(file, undefined, signal);
  await file.chmod(0o444);
  await file.sync();
  return digest;
}

/** @returns the SHA-256 of a file, in hexadecimal */
export async function sha256OfFile(path: string, signal: AbortSignal): Promise<string> {
  await using file = await open(path, "r");
  return await pump(file, undefined, signal);
}

async function checkSame({ path, stamp }: FoundFile, file: FileHandle): Promise<void> {
  const now = stampOf(await file.stat({ bigint: true }));
  if (formatStamp(now) !== formatStamp(stamp)) throw new MovedError(`${path} changed while it was copied`);
}

async function pump(from: FileHandle, into: FileHandle | undefined, signal: AbortSignal): Promise<string> {
  const hash = createHash("sha256");
  const piece = new Uint8Array(PIECE_BYTES);
  let unflushed = 0;
  for (let at = 0; ; ) {
    signal.throwIfAborted();
    const { bytesRead } = await from.read(piece, 0, piece.length, at);
    if (bytesRead === 0) return hash.digest("hex");
    hash.update(piece.subarray(0, bytesRead));
    if (into !== undefined) await into.writev([piece.subarray(0, bytesRead)], at);
    at += bytesRead;
    unflushed += bytesRead;
    if (into !== undefined && unflushed >= FLUSH_EVERY_BYTES) {
      await into.datasync();
      unflushed = 0;
    }
  }
}
