/** Whether a machine has everything that it boots: the files of a generation, whole or put together from ranges. */

import { bootedFiles, type Generation } from "../generation.ts";
import type { SessionStage } from "./session.ts";

/** Bytes from the first to before the second. */
export type Span = readonly [from: number, to: number];

/** A file that every boot of a generation fetches. */
export interface WantedFile {
  readonly file: string;
  readonly stage: Extract<SessionStage, "kernel" | "initrd" | "image">;
  readonly sizeBytes: number;
  /** What of it has arrived: in order, none touching the next. */
  readonly have: readonly Span[];
}

/** A client that takes every other byte is not followed further. */
const MAX_SPANS = 64;

/**
 * What a boot of this generation has to fetch; nothing of it is there yet.
 *
 * @param first - what it fetches first, where that tells how it boots: an image that is one file is all
 */
export function wantedFiles(generation: Generation, first?: string): readonly WantedFile[] {
  const isOneFile = first !== undefined && first === generation.bootFile?.file;
  return (isOneFile ? [first] : bootedFiles(generation)).map((file) => ({
    file,
    stage: fileStage(generation, file),
    sizeBytes: generation.files.get(file) ?? 0,
    have: [],
  }));
}

/** What the fetching of a file is, by its place in its generation. */
export function fileStage({ kernel, initrds }: Generation, file: string): WantedFile["stage"] {
  if (file === kernel?.file) return "kernel";
  return initrds.includes(file) ? "initrd" : "image";
}

/** The files after so many bytes of one of them have arrived. */
export function arrived(
  wanted: readonly WantedFile[],
  file: string,
  fromByte: number,
  sizeBytes: number,
): readonly WantedFile[] {
  return wanted.map((each) =>
    each.file === file ? { ...each, have: withSpan(each.have, [fromByte, fromByte + sizeBytes]) } : each,
  );
}

export function isWhole({ sizeBytes, have }: WantedFile): boolean {
  return have.some(([from, to]) => from <= 0 && to >= sizeBytes);
}

function withSpan(have: readonly Span[], added: Span): readonly Span[] {
  const merged: Span[] = [];
  for (const span of [...have, added].sort((a, b) => a[0] - b[0])) {
    const last = merged.at(-1);
    if (last !== undefined && span[0] <= last[1])
      merged[merged.length - 1] = [last[0], Math.max(last[1], span[1])];
    else merged.push(span);
  }
  return merged.length > MAX_SPANS ? have : merged;
}
