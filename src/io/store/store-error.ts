/** What can be wrong with the state folder, in words: which file, why, and the cure. */

import { dirname } from "node:path";

/**
 * - `locked`: another server has the folder
 * - `unwritable`: the folder or its file cannot be made, opened or written
 * - `full`: the disk has no room
 * - `damaged`: the file is no database, or a broken one
 * - `foreign`: the file is some other program's database
 * - `newer`: a later version of Mayfly wrote it
 * - `failed`: the disk or the system failed otherwise
 */
export type StoreErrorCode = "locked" | "unwritable" | "full" | "damaged" | "foreign" | "newer" | "failed";

/** The state cannot be read or kept; `message` names the file, `cure` says what to do. */
export class StoreError extends Error {
  override readonly name = "StoreError";
  readonly code: StoreErrorCode;
  readonly cure: string;

  constructor(code: StoreErrorCode, text: string, cure: string, options?: ErrorOptions) {
    super(text, options);
    this.code = code;
    this.cure = cure;
  }
}

/** SQLite's result codes, without the extension in their upper bits. */
const SQLITE: Readonly<Record<number, StoreErrorCode>> = {
  3: "unwritable", // PERM
  8: "unwritable", // READONLY
  11: "damaged", // CORRUPT
  13: "full", // FULL
  14: "unwritable", // CANTOPEN
  26: "damaged", // NOTADB
};

const SYSTEM: Readonly<Record<string, StoreErrorCode>> = {
  EACCES: "unwritable",
  EPERM: "unwritable",
  EROFS: "unwritable",
  ENOTDIR: "unwritable",
  EEXIST: "unwritable",
  EISDIR: "unwritable",
  ENOSPC: "full",
  EDQUOT: "full",
};

/** Puts what SQLite or the system said about `file` into words; a {@link StoreError} stays as it is. */
export function storeError(file: string, error: unknown): StoreError {
  if (error instanceof StoreError) return error;
  const reason = error instanceof Error ? error.message : String(error);
  return storeTrouble(codeOf(error), file, reason, { cause: error });
}

/** @param reason - what is known beyond the code */
export function storeTrouble(code: StoreErrorCode, file: string, reason: string, options?: ErrorOptions) {
  return new StoreError(code, textOf(code, file, reason), cureFor(code, file), options);
}

function codeOf(error: unknown): StoreErrorCode {
  if (!(error instanceof Error)) return "failed";
  if ("errcode" in error) return SQLITE[Number(error.errcode) & 0xff] ?? "failed";
  return ("code" in error ? SYSTEM[String(error.code)] : undefined) ?? "failed";
}

function textOf(code: StoreErrorCode, file: string, reason: string): string {
  switch (code) {
    case "locked":
      return `another server has the state folder ${dirname(file)}: ${reason}`;
    case "unwritable":
      return `${file} cannot be written: ${reason}`;
    case "full":
      return `there is no room left to write ${file}: ${reason}`;
    case "damaged":
      return `${file} is damaged: ${reason}`;
    case "foreign":
      return `${file} is not Mayfly's: ${reason}`;
    case "newer":
      return `${file} was written by a newer Mayfly: ${reason}`;
    case "failed":
      return `${file} cannot be used: ${reason}`;
  }
}

function cureFor(code: StoreErrorCode, file: string): string {
  const folder = dirname(file);
  switch (code) {
    case "locked":
      return "stop that one, or give this one a folder of its own with '--state DIR'";
    case "unwritable":
      return `give ${folder} to the user who runs the server, or choose another folder with '--state DIR'`;
    case "full":
      return `make room ('df -h ${folder}'); what was acknowledged before is still there`;
    case "damaged":
      return `keep a copy of ${file}*, then save what can be read with 'sqlite3 ${file} .recover', or begin anew with 'mayfly state set-aside'`;
    case "foreign":
      return "choose another folder with '--state DIR', or move it away with 'mayfly state set-aside'";
    case "newer":
      return "run that version, or begin anew with 'mayfly state set-aside', which keeps the file beside";
    case "failed":
      return `look at the disk of ${folder} ('dmesg'), or choose another folder with '--state DIR'`;
  }
}
