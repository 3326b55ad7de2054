/**
 * The few file system calls that a thousand images make some twenty thousand of.
 *
 * By callback: `node:fs/promises` makes an object for each open file and costs twice as much.
 */

import {
  type BigIntStats,
  close as fsClose,
  fstat as fsFstat,
  lstat as fsLstat,
  open as fsOpen,
  read as fsRead,
  readlink as fsReadlink,
  stat as fsStat,
  type OpenMode,
} from "node:fs";

type Callback<Value> = (error: NodeJS.ErrnoException | null, value: Value) => void;

function call<Value>(run: (callback: Callback<Value>) => void): Promise<Value> {
  return new Promise((done, fail) => run((error, value) => (error === null ? done(value) : fail(error))));
}

export function openFd(path: string, flags: OpenMode): Promise<number> {
  return call((callback) => fsOpen(path, flags, callback));
}

/** Nobody can do anything about a descriptor that does not close. */
export function closeFd(fd: number): void {
  fsClose(fd, () => {});
}

export function statFd(fd: number): Promise<BigIntStats> {
  return call((callback) => fsFstat(fd, { bigint: true }, callback));
}

export function statPath(path: string): Promise<BigIntStats> {
  return call((callback) => fsStat(path, { bigint: true }, callback));
}

/** `undefined` if nothing is there, or nothing that we may see. */
export async function lstatPath(path: string): Promise<BigIntStats | undefined> {
  return call<BigIntStats>((callback) => fsLstat(path, { bigint: true }, callback)).catch(() => undefined);
}

/** What a link says; `undefined` if there is no link of that name. */
export function linkTarget(path: string): Promise<string | undefined> {
  return new Promise((done) =>
    fsReadlink(path, (error, target) => done(error === null ? target : undefined)),
  );
}

/** Reads `length` bytes into `into` at `offset`; fewer only at the end of the file, or when a signal came. */
export function readFd(fd: number, into: Uint8Array, offset: number, length: number, position: number) {
  return call<number>((callback) => fsRead(fd, into, offset, length, position, callback));
}

/** Reads the beginning of a file: `length` bytes, or all of a shorter one. */
export function readBeginning(path: string, length: number): Promise<Uint8Array> {
  return readRange(path, 0, length);
}

/** Reads `length` bytes from `position` on, or what a shorter file has of them. */
export async function readRange(path: string, position: number, length: number): Promise<Uint8Array> {
  const fd = await openFd(path, "r");
  try {
    const into = new Uint8Array(length);
    let filled = 0;
    while (filled < length) {
      const count = await readFd(fd, into, filled, length - filled, position + filled);
      if (count === 0) break;
      filled += count;
    }
    return into.subarray(0, filled);
  } finally {
    closeFd(fd);
  }
}
