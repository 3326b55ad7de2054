/** Tells a world that failed from a mistake of ours: a disk that is full is nobody's to report as a bug. Pure. */

import { cureOf } from "./cure.ts";
import type { Notice } from "./event.ts";

/** What mends it, by what the system calls it. */
const CURES: ReadonlyMap<string, string> = new Map([
  ["ENOENT", "put the file where the configuration says that it is, or name another one"],
  ["EISDIR", "name a file: there is a folder"],
  ["ENOTDIR", "name a place below a folder: there is a file"],
  ["EACCES", "let the user that Mayfly runs as at it"],
  ["EPERM", "let the user that Mayfly runs as at it"],
  ["EROFS", "let the user that Mayfly runs as write there (ReadWritePaths= in a systemd unit)"],
  ["ENOSPC", "make room on that disk"],
  ["EDQUOT", "make room on that disk"],
  ["EMFILE", "let Mayfly open more files (LimitNOFILE= in a systemd unit)"],
  ["ENFILE", "let the machine open more files (sysctl fs.file-max)"],
  ["EIO", "look at the disk ('dmesg')"],
]);

/**
 * Puts into words what the system, or something that knows its own cure, has failed with.
 *
 * @param what - what could not be done, as in `a request of the admin plane failed`
 * @returns `undefined` for anything else, which is a mistake of ours
 */
export function worldFailure(what: string, error: unknown): Notice | undefined {
  if (!(error instanceof Error)) return undefined;
  const cure = cureOfWorld(error);
  if (cure === undefined) return undefined;
  const text = `${what}: ${error.message}`;
  return { level: "warn", text, cure, repeats: text };
}

/** What was tried stands around what went wrong. */
function cureOfWorld(error: Error): string | undefined {
  const code = "code" in error && "syscall" in error ? String(error.code) : undefined;
  const cure = cureOf(error) ?? (code === undefined ? undefined : CURES.get(code));
  return cure ?? (error.cause instanceof Error ? cureOfWorld(error.cause) : undefined);
}
