/** What the history of an image becomes when a generation of it is published. Pure. */

import { bootedFiles, type Generation, isasOf, kernelVersionOf } from "../generation.ts";
import type { ImageName } from "../host.ts";
import type { GenerationRecord } from "./record.ts";
import { nixosVersionIn } from "./system-name.ts";

/** What is known of an image's history without reading its records. */
export interface ImageIndex {
  /** The highest number that was ever given. */
  readonly last: number;
  /** The numbers of those that were published last, the latest one first; bounded. */
  readonly recent: readonly number[];
}

export const NO_HISTORY: ImageIndex = { last: 0, recent: [] };

/** More than anybody wants to roll back over. */
export const MAX_RECENT = 100;

/** One generation that is published. */
export interface Publication {
  readonly image: ImageName;
  readonly generation: Generation;
  /** Milliseconds since the epoch. */
  readonly atMs: number;
}

/**
 * Enters a publication.
 *
 * @param before - the record that the image has of this generation, if it had it before
 */
export function enter(
  publication: Publication,
  index: ImageIndex,
  before?: GenerationRecord,
): { readonly index: ImageIndex; readonly record: GenerationRecord } {
  const number = before?.number ?? index.last + 1;
  const recent = [number, ...index.recent.filter((other) => other !== number)].slice(0, MAX_RECENT);
  return {
    index: { last: Math.max(index.last, number), recent },
    record: recordOf(publication, number, before),
  };
}

function recordOf(
  { image, generation, atMs }: Publication,
  number: number,
  before: GenerationRecord | undefined,
): GenerationRecord {
  const { id, shape, path, kernelParams, files } = generation;
  const kernelVersion = kernelVersionOf(generation);
  const isas = isasOf(generation);
  const nixosVersion = before?.nixosVersion ?? nixosVersionIn(kernelParams);
  const sizes = bootedFiles(generation).map((file) => files.get(file) ?? 0);
  return {
    ...{ image, number, id, shape, path, kernelParams },
    firstMs: before?.firstMs ?? atMs,
    // A clock that was put back does not make it older than it was.
    lastMs: Math.max(before?.lastMs ?? atMs, atMs),
    sizeBytes: sizes.reduce((sum, size) => sum + size, 0),
    ...(kernelVersion === undefined ? {} : { kernelVersion }),
    ...(isas === undefined ? {} : { isas }),
    ...(nixosVersion === undefined ? {} : { nixosVersion }),
    ...(before?.label === undefined ? {} : { label: before.label }),
    ...(before?.closureBytes === undefined ? {} : { closureBytes: before.closureBytes }),
  };
}
