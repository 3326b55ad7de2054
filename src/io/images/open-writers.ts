/**
 * Whether somebody has a file open for writing: what a length or a moment of stillness cannot tell.
 *
 * Asked by way of a read lease, which Linux grants only where nobody has the file open for writing, and
 * which is given back at once.
 *
 * @see fcntl(2), "Leases"
 */

import { statfs } from "node:fs/promises";
import { constants } from "node:os";
import { type CLibrary, loadLibc } from "../libc.ts";
import { MovedError } from "./content-id.ts";
import type { HeldImage } from "./file-shelf.ts";
import { isStillFound, type SharedFile } from "./shared-file.ts";

/** `unknown` where leases do not work: another one's file without CAP_LEASE, a network mount, no koffi. */
export type Writing = "nobody" | "somebody" | "unknown";

export type WriterProbe = (file: Pick<SharedFile, "fd" | "path">) => Promise<Writing>;

/** A file of the image is still being written. */
export class WrittenError extends MovedError {
  readonly path: string;

  constructor(path: string) {
    super(`${path} is still open for writing`);
    this.path = path;
  }
}

/** As much of a {@link HeldImage} as counts here. */
interface OpenImage {
  readonly found: Pick<HeldImage["found"], "files">;
  readonly files: HeldImage["files"];
}

const F_SETSIG = 10;
const F_SETLEASE = 1024;
const F_RDLCK = 0;
const F_UNLCK = 2;

/** Here a writer may be on another machine, and some refuse a lease for reasons of their own (linux/magic.h). */
const FAR_FILE_SYSTEMS: ReadonlySet<number> = new Set([
  0x6969, // nfs
  0xff534d42, // cifs
  0xfe534d42, // smb2
  0x65735546, // fuse, virtiofs
  0x01021997, // 9p
  0x00c36400, // ceph
]);

/** A copy over a network may pause for longer than a folder has to be still. */
const UNSURE_MS = 3000;

export function createWriterProbe(): WriterProbe {
  let lease: Promise<((fd: number) => Writing) | undefined> | undefined;
  return async ({ fd, path }) => {
    lease ??= loadLibc().then((libc) => (libc === undefined ? undefined : leaseOf(libc)));
    const ask = await lease;
    if (ask === undefined) return "unknown";
    const type = await statfs(path).then(
      (system) => system.type,
      () => undefined,
    );
    return type === undefined || FAR_FILE_SYSTEMS.has(type) ? "unknown" : ask(fd);
  };
}

function leaseOf(libc: CLibrary): (fd: number) => Writing {
  const fcntl = libc.func("int fcntl(int fd, int command, int argument)");
  return (fd) => {
    // Who opens the file for writing just now has us sent a signal, and SIGIO would end the server.
    if (fcntl(fd, F_SETSIG, constants.signals.SIGURG) !== 0) return "unknown";
    if (fcntl(fd, F_SETLEASE, F_RDLCK) !== 0)
      return libc.errno() === constants.errno.EAGAIN ? "somebody" : "unknown";
    fcntl(fd, F_SETLEASE, F_UNLCK);
    return "nobody";
  };
}

/**
 * Refuses an image that is still being copied.
 *
 * @param nowMs - since 1970, as files have it
 * @throws {@link WrittenError} when somebody has one of its files open for writing; {@link MovedError} when
 * that cannot be told and a file changed a moment ago, or when one changed since it was found
 */
export async function refuseWritten(
  { found, files }: OpenImage,
  probe: WriterProbe,
  nowMs: number,
): Promise<void> {
  for (const [name, open] of files) {
    const file = found.files.get(name);
    if (file === undefined || file.isImmutable) continue;
    const writing = await probe(open);
    if (writing === "somebody") throw new WrittenError(file.path);
    const ageMs = nowMs - Number(file.stamp.ctimeNs / 1_000_000n);
    // A clock that is ahead of ours, of a file server, says nothing.
    if (writing === "unknown" && ageMs >= 0 && ageMs < UNSURE_MS)
      throw new MovedError(`${file.path} changed a moment ago`);
    // The writer may have ended between the look and this.
    if (!(await isStillFound(open, file))) throw new MovedError(`${file.path} changed while it was opened`);
  }
}
