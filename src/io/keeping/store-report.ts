/** Says what our own store of images holds, and whether it is still what was put in. */

import { stat } from "node:fs/promises";
import { join } from "node:path";
import type { GenerationId } from "../../boot/generation.ts";
import { sha256OfFile } from "./copy-file.ts";
import type { Manifest } from "./manifest.ts";

/** One copy, and what is wrong with it. */
export interface CopyReport {
  readonly id: GenerationId;
  readonly path: string;
  readonly madeMs: number;
  readonly source: string;
  readonly sizeBytes: number;
  /** Empty when all is as it was written. */
  readonly problems: readonly string[];
}

/**
 * Reports on one copy.
 *
 * @param verify - read all of it, and hold it against its SHA-256
 */
export async function reportOf(
  path: string,
  { id, madeMs, source, files }: Manifest,
  verify: boolean,
  signal: AbortSignal,
): Promise<CopyReport> {
  const sizeBytes = files.reduce((sum, file) => sum + file.sizeBytes, 0);
  const problems: string[] = [];
  for (const file of verify ? files : []) {
    const problem = await problemOf(join(path, file.name), file, signal);
    if (problem !== undefined) problems.push(`${file.name} ${problem}`);
  }
  return { id, path, madeMs, source, sizeBytes, problems };
}

async function problemOf(
  path: string,
  { sizeBytes, sha256 }: Manifest["files"][number],
  signal: AbortSignal,
): Promise<string | undefined> {
  try {
    const { size } = await stat(path);
    if (size !== sizeBytes) return `has ${size} bytes and had ${sizeBytes}`;
    return (await sha256OfFile(path, signal)) === sha256
      ? undefined
      : "is not what it was: its SHA-256 differs";
  } catch (error) {
    signal.throwIfAborted();
    return `cannot be read (${(error as NodeJS.ErrnoException).code})`;
  }
}
