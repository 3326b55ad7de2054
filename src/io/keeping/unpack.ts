/** Unpacks an archive of an image, of whatever kind its first bytes say that it is. */

import { spawn } from "node:child_process";
import { createReadStream } from "node:fs";
import { open } from "node:fs/promises";
import type { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createGunzip, createZstdDecompress } from "node:zlib";
import { unpackTar } from "./unpack-tar.ts";
import { unpackZip } from "./unpack-zip.ts";
import { refuse, startUnpacking, type Unpacking } from "./unpacking.ts";

type Kind = "tar" | "tar.gz" | "tar.xz" | "tar.zst" | "zip";

/** First bytes, and where they are. */
const MAGIC: readonly (readonly [Kind, number, readonly number[]])[] = [
  ["tar.gz", 0, [0x1f, 0x8b]],
  ["tar.xz", 0, [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00]],
  ["tar.zst", 0, [0x28, 0xb5, 0x2f, 0xfd]],
  ["zip", 0, [0x50, 0x4b, 0x03, 0x04]],
  ["tar", 257, [0x75, 0x73, 0x74, 0x61, 0x72]],
];
const HEAD_BYTES = 512;
/** More than `xz -9` needs, and no more than a small machine has. */
const XZ_MEMORY = "256MiB";

/**
 * Unpacks into `folder`, which is the caller's to remove whatever comes of it.
 *
 * @param maxBytes - how much room there is
 * @throws {@link import("./archive-error.ts").ImportError} for what is no archive, damaged or hostile
 */
export async function unpack(path: string, folder: string, maxBytes: number, source = path): Promise<void> {
  const kind = await kindOf(path);
  if (kind === undefined)
    refuse(source, "it is neither a tar archive (plain, .gz, .xz or .zst) nor a zip, nor a folder");
  const into = startUnpacking(source, folder, maxBytes);
  if (kind === "zip") await unpackZip(source, path, into);
  else await unpackCompressed(source, path, kind, into);
  await into.finish();
}

async function kindOf(path: string): Promise<Kind | undefined> {
  await using file = await open(path, "r");
  const head = new Uint8Array(HEAD_BYTES);
  await file.read(head, 0, head.length, 0);
  return MAGIC.find(([, at, bytes]) => bytes.every((byte, i) => head[at + i] === byte))?.[0];
}

async function unpackCompressed(
  source: string,
  path: string,
  kind: Exclude<Kind, "zip">,
  into: Unpacking,
): Promise<void> {
  const read = (chunks: AsyncIterable<Uint8Array>) => unpackTar(source, chunks, into);
  try {
    switch (kind) {
      case "tar":
        return await pipeline(createReadStream(path), read);
      case "tar.gz":
        return await pipeline(createReadStream(path), createGunzip(), read);
      case "tar.zst":
        return await pipeline(createReadStream(path), createZstdDecompress(), read);
      case "tar.xz":
        return await throughXz(source, path, (chunks) => pipeline(chunks, read));
    }
  } catch (error) {
    const { code = "", message } = error as NodeJS.ErrnoException;
    if (/^Z_|^ZSTD_|^ERR_ZSTD|^ERR_ZLIB/.test(code)) refuse(source, `it is damaged: ${message}; get it anew`);
    throw error;
  }
}

/** Node has no xz of its own. */
async function throughXz(
  source: string,
  path: string,
  read: (chunks: Readable) => Promise<void>,
): Promise<void> {
  const args = ["--decompress", "--stdout", `--memlimit-decompress=${XZ_MEMORY}`];
  const xz = spawn("xz", args, { stdio: ["pipe", "pipe", "pipe"] });
  let said = "";
  xz.stderr.setEncoding("utf8").on("data", (text: string) => {
    said += text;
  });
  const { promise, resolve } = Promise.withResolvers<string | undefined>();
  xz.once("error", ({ message }) => resolve(`xz cannot be run (${message}): install xz-utils`));
  xz.once("close", (code) => resolve(code === 0 ? undefined : `xz: ${said.trim()}`));
  // What xz does not want any more is no news: it says itself why.
  const fed = pipeline(createReadStream(path), xz.stdin).catch(() => undefined);
  try {
    await read(xz.stdout);
  } catch (error) {
    // That the archive breaks off where xz gave up is xz's to explain.
    const failure = xz.exitCode === null ? undefined : await promise;
    xz.kill();
    if (failure === undefined) throw error;
    refuse(source, failure);
  }
  await fed;
  const failure = await promise;
  if (failure !== undefined) refuse(source, failure);
}
