/** Unpacks a zip, file by file. */

import { crc32 } from "node:zlib";
import { type Entry, openPromise, type ZipFile } from "yauzl";
import { ImportError } from "./archive-error.ts";
import { refuse, type Unpacking } from "./unpacking.ts";

/** The upper half of the external attributes is a Unix mode, whose upper four bits tell the type. */
const TYPE_MASK = 0o170000;
const LINK = 0o120000;
const REGULAR = 0o100000;
const FOLDER = 0o040000;

/**
 * @param source - as people know it
 * @throws {@link ImportError} for a zip that is damaged or hostile
 */
export async function unpackZip(source: string, path: string, into: Unpacking): Promise<void> {
  const options = { lazyEntries: true, strictFileNames: true, autoClose: false };
  try {
    const zip = await openPromise(path, options);
    try {
      for await (const entry of zip.eachEntry()) await enter(source, zip, entry, into);
    } finally {
      zip.close();
    }
  } catch (error) {
    if (error instanceof ImportError || isOfDisk(error)) throw error;
    refuse(source, `the zip is damaged, or leads out of itself: ${(error as Error).message}`);
  }
}

function isOfDisk(error: unknown): boolean {
  return error instanceof Error && "syscall" in error;
}

async function enter(source: string, zip: ZipFile, entry: Entry, into: Unpacking): Promise<void> {
  const { fileName, externalFileAttributes, generalPurposeBitFlag, uncompressedSize } = entry;
  const type = (externalFileAttributes >>> 16) & TYPE_MASK;
  if (type === LINK) return into.odd(fileName, "a link");
  if (type !== 0 && type !== REGULAR && type !== FOLDER)
    return into.odd(fileName, "neither a file nor a folder");
  if ((generalPurposeBitFlag & 1) !== 0) return into.odd(fileName, "encrypted");
  if (fileName.endsWith("/")) return into.folder(fileName);
  let crc = 0;
  async function* data(): AsyncGenerator<Uint8Array> {
    for await (const chunk of await zip.openReadStreamPromise(entry)) {
      crc = crc32(chunk, crc);
      yield chunk;
    }
  }
  await into.file(fileName, uncompressedSize, data());
  if (crc !== entry.crc32)
    refuse(source, `'${fileName}' is damaged: its checksum is wrong; get the zip anew`);
}
