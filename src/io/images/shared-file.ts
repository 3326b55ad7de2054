/** File descriptors that many readers share, and reading from them without ever mixing two versions of a file. */

import { type OpenFile, StaleFileError } from "../open-file.ts";
import { type FileStamp, isSameContent, stampOf } from "./file-stamp.ts";
import { closeFd, openFd, readFd, statFd } from "./quick-fs.ts";

/** A file as it was found. */
export interface FoundFile {
  readonly path: string;
  readonly stamp: FileStamp;
  /** It lies in a store: what was read once stays true. */
  readonly isImmutable: boolean;
  /** What of the file it is, where it is not all of it: parts one after the other, some of which are in memory. */
  readonly parts?: readonly FilePart[];
}

/** Bytes that are known, or a range of a file. */
export type FilePart =
  | { readonly type: "bytes"; readonly bytes: Uint8Array }
  | { readonly type: "range"; readonly fromByte: number; readonly sizeBytes: number };

/** How large it is, for whoever fetches it. */
export function sizeOf({ stamp, parts }: FoundFile): number {
  if (parts === undefined) return stamp.sizeBytes;
  return parts.reduce((sum, part) => sum + partBytes(part), 0);
}

function partBytes(part: FilePart): number {
  return part.type === "bytes" ? part.bytes.length : part.sizeBytes;
}

/** One descriptor, closed when the last who shares it lets go. */
export interface SharedFile {
  readonly fd: number;
  readonly path: string;
  shares: number;
}

export interface FilePool {
  /**
   * Opens a file, or shares it if it is open and cannot change.
   *
   * @param open - how, for one that is known to be at hand
   */
  open(path: string, isImmutable: boolean, open?: typeof openFd): Promise<SharedFile>;
  letGo(file: SharedFile): void;
}

export function createFilePool(): FilePool {
  const immutable = new Map<string, SharedFile>();
  function share(path: string): SharedFile | undefined {
    const file = immutable.get(path);
    if (file !== undefined) file.shares++;
    return file;
  }
  return {
    async open(path, isImmutable, open = openFd) {
      const known = isImmutable ? share(path) : undefined;
      if (known !== undefined) return known;
      const fd = await open(path, "r");
      // Somebody else may have opened it while we did.
      const raced = isImmutable ? share(path) : undefined;
      if (raced !== undefined) {
        closeFd(fd);
        return raced;
      }
      const file: SharedFile = { fd, path, shares: 1 };
      if (isImmutable) immutable.set(path, file);
      return file;
    },
    letGo(file) {
      if (--file.shares > 0) return;
      if (immutable.get(file.path) === file) immutable.delete(file.path);
      closeFd(file.fd);
    },
  };
}

export async function stampOfFile({ fd }: SharedFile): Promise<FileStamp> {
  return stampOf(await statFd(fd));
}

/** Whether the open file is the one that was found; in a store, where times say nothing, the size is enough. */
export async function isStillFound(file: SharedFile, { stamp, isImmutable }: FoundFile): Promise<boolean> {
  const now = await stampOfFile(file);
  return isImmutable ? now.sizeBytes === stamp.sizeBytes : isSameContent(stamp, now);
}

/** Lets one reader read; `onStale` is called before the error is thrown. */
export function readerOf(
  file: SharedFile,
  found: FoundFile,
  on: { readonly stale: () => void; readonly close: () => void },
): OpenFile {
  const sizeBytes = sizeOf(found);
  const parts = found.parts ?? [{ type: "range", fromByte: 0, sizeBytes }];
  let isClosed = false;
  return {
    sizeBytes,
    async read(into, position) {
      const wanted = Math.max(0, Math.min(into.length, sizeBytes - position));
      const filled = await fill(file.fd, parts, into.subarray(0, wanted), position);
      // Looked at after the read: a write shows in the stamp before it shows in the bytes.
      if (filled < wanted || !(found.isImmutable || (await isStillFound(file, found)))) {
        on.stale();
        throw new StaleFileError(`${found.path} was overwritten since it was published`);
      }
      return wanted;
    },
    close() {
      if (isClosed) return;
      isClosed = true;
      on.close();
    },
  };
}

/** Fills `into` with what stands at `position` of all parts together; fewer bytes only where the file ends early. */
async function fill(
  fd: number,
  parts: readonly FilePart[],
  into: Uint8Array,
  position: number,
): Promise<number> {
  let filled = 0;
  let start = 0;
  for (const part of parts) {
    const at = position + filled - start;
    const count = Math.min(into.length - filled, partBytes(part) - at);
    start += partBytes(part);
    if (count <= 0) continue;
    if (part.type === "bytes") into.set(part.bytes.subarray(at, at + count), filled);
    else if ((await readWhole(fd, into.subarray(filled, filled + count), part.fromByte + at)) < count) break;
    filled += count;
  }
  return filled;
}

async function readWhole(fd: number, into: Uint8Array, position: number): Promise<number> {
  let filled = 0;
  while (filled < into.length) {
    const count = await readFd(fd, into, filled, into.length - filled, position + filled);
    if (count === 0) break;
    filled += count;
  }
  return filled;
}
