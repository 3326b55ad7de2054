/** Reads the files of a zip that somebody else made: nothing of it is believed before it was checked. */

import { crc32 } from "node:zlib";
import { type Entry, openPromise, type ZipFile } from "yauzl";
import type { GivenFile } from "../../boot/rpi4/part.ts";
import { mayBelong } from "../../boot/rpi4/places.ts";
import { createBounds, MAX_ENTRIES } from "./bounds.ts";
import { PartError } from "./part-error.ts";

/** The upper half of the external attributes is a Unix mode, whose upper four bits tell the type. */
const TYPE_MASK = 0o170000;
const LINK = 0o120000;
const REGULAR = 0o100000;
const FOLDER = 0o040000;

/**
 * @param source - as people know it
 * @throws {@link PartError} for a zip that is damaged, or that no honest program makes
 */
export async function readZip(path: string, source: string): Promise<GivenFile[]> {
  const zip = await openPromise(path, { lazyEntries: true, strictFileNames: true, autoClose: false }).catch(
    (error: unknown) => {
      throw damaged(source, error);
    },
  );
  try {
    return await readEntries(zip, source);
  } catch (error) {
    throw error instanceof PartError ? error : damaged(source, error);
  } finally {
    zip.close();
  }
}

async function readEntries(zip: ZipFile, source: string): Promise<GivenFile[]> {
  if (zip.entryCount > MAX_ENTRIES) {
    throw new PartError(`${source}: the zip has ${zip.entryCount} files: it is no part; get it anew`);
  }
  const bounds = createBounds(source);
  const seen = new Set<string>();
  const files: GivenFile[] = [];
  for await (const entry of zip.eachEntry()) {
    bounds.entry();
    const name = entry.fileName;
    refuseOdd(entry, seen, source);
    seen.add(name);
    if (name.endsWith("/") || !mayBelong(name)) continue;
    bounds.file(name, entry.uncompressedSize);
    files.push({ name, bytes: await readEntry(zip, entry, source) });
  }
  return files;
}

function refuseOdd(
  { fileName, externalFileAttributes, generalPurposeBitFlag }: Entry,
  seen: ReadonlySet<string>,
  source: string,
): void {
  const type = (externalFileAttributes >>> 16) & TYPE_MASK;
  if (type === LINK)
    throw new PartError(`${source}: '${fileName}' is a link; a zip with links is not unpacked`);
  if (type !== 0 && type !== REGULAR && type !== FOLDER) {
    throw new PartError(
      `${source}: '${fileName}' is neither a file nor a folder; such a zip is not unpacked`,
    );
  }
  if (seen.has(fileName)) {
    throw new PartError(
      `${source}: '${fileName}' is in the zip twice, and which one counts is anybody's guess; get it anew`,
    );
  }
  if ((generalPurposeBitFlag & 1) !== 0) {
    throw new PartError(`${source}: '${fileName}' is encrypted; unpack the zip yourself and give the folder`);
  }
}

/** The library refuses more bytes than were announced; that they are the right ones is told by their checksum. */
async function readEntry(zip: ZipFile, entry: Entry, source: string): Promise<Uint8Array> {
  const chunks: Buffer[] = [];
  for await (const chunk of await zip.openReadStreamPromise(entry)) chunks.push(chunk as Buffer);
  const bytes = Buffer.concat(chunks);
  if (crc32(bytes) !== entry.crc32) {
    throw new PartError(`${source}: '${entry.fileName}' is damaged: its checksum is wrong; get the zip anew`);
  }
  return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length);
}

function damaged(source: string, error: unknown): PartError {
  const said = error instanceof Error ? error.message : String(error);
  if (/relative path|absolute path|invalid characters/.test(said)) {
    return new PartError(`${source}: a name in the zip leads out of it (${said}); nothing was unpacked`, {
      cause: error,
    });
  }
  return new PartError(`${source}: the zip is damaged, or is none (${said}); get it anew`, { cause: error });
}
