/** What changed from one generation to another, as far as their records tell. Pure. */

import type { GenerationRecord } from "./record.ts";
import { diffWords, splitParameters, type WordEdit } from "./word-diff.ts";

/** One value that the two do not have the same; absent on a side that does not tell. */
export interface ValueChange {
  readonly what: "kernel" | "nixos" | "label" | "init" | "shape" | "arch";
  readonly before?: string;
  readonly after?: string;
}

export interface RecordDiff {
  readonly values: readonly ValueChange[];
  /** The kernel parameters without `init=`, which is another one with each build. */
  readonly parameters: readonly WordEdit[];
  /** How many bytes more the later one has that every boot fetches. */
  readonly sizeDeltaBytes: number;
}

export function diffRecords(before: GenerationRecord, after: GenerationRecord): RecordDiff {
  const old = partsOf(before);
  const young = partsOf(after);
  return {
    values: changes(old.values, young.values),
    parameters: diffWords(old.words, young.words),
    sizeDeltaBytes: after.sizeBytes - before.sizeBytes,
  };
}

/** Whether not even the order of the parameters changed. */
export function isSame({ values, parameters, sizeDeltaBytes }: RecordDiff): boolean {
  return values.length === 0 && sizeDeltaBytes === 0 && parameters.every(({ edit }) => edit === "same");
}

type Values = Readonly<Record<ValueChange["what"], string | undefined>>;

function partsOf(record: GenerationRecord): { readonly values: Values; readonly words: readonly string[] } {
  const words = splitParameters(record.kernelParams);
  const init = words.findLast((word) => word.startsWith("init="));
  return {
    values: {
      kernel: record.kernelVersion,
      nixos: record.nixosVersion,
      label: record.label,
      init: init?.slice("init=".length),
      shape: record.shape,
      arch: record.isas?.join(", "),
    },
    words: words.filter((word) => !word.startsWith("init=")),
  };
}

function changes(old: Values, young: Values): ValueChange[] {
  const names = Object.keys(old) as ValueChange["what"][];
  return names.flatMap((what) => {
    const before = old[what];
    const after = young[what];
    if (before === after) return [];
    return { what, ...(before === undefined ? {} : { before }), ...(after === undefined ? {} : { after }) };
  });
}
