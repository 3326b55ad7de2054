/** Generations as the API shows them. Pure. */

import type { GenerationId } from "../boot/generation.ts";
import type { GenerationBoots } from "../boot/history/boots.ts";
import type { PackageChange } from "../boot/history/closure.ts";
import type { RecordDiff } from "../boot/history/diff-records.ts";
import type { GenerationRecord } from "../boot/history/record.ts";
import type { Marks } from "../boot/rollout/marks.ts";
import type { Snapshot } from "../boot/snapshot.ts";
import { isoTime } from "./present.ts";
import type { GenerationDetailView, GenerationDiffView, GenerationView } from "./schema/generations.ts";

/** What a record does not say of its generation. */
export interface GenerationState {
  readonly boots: GenerationBoots;
  /** What the host gets that is asked about. */
  readonly current: GenerationId | undefined;
  readonly snapshot: Snapshot;
  readonly marks: Marks;
}

export function viewGeneration(record: GenerationRecord, state: GenerationState): GenerationView {
  const { image, number, id, shape, path, firstMs, lastMs, kernelParams, sizeBytes } = record;
  const { kernelVersion, isas, nixosVersion, label, closureBytes } = record;
  const { checkedIn, handedOver, failed } = state.boots;
  return {
    ...{ number, id, image, shape, path, kernelParams, sizeBytes },
    firstPublished: isoTime(firstMs),
    lastPublished: isoTime(lastMs),
    ...(kernelVersion === undefined ? {} : { kernel: kernelVersion }),
    ...(isas === undefined ? {} : { archs: [...isas] }),
    ...(nixosVersion === undefined ? {} : { nixos: nixosVersion }),
    ...(label === undefined ? {} : { label }),
    ...(closureBytes === undefined ? {} : { closureBytes }),
    boots: { checkedIn, handedOver, failed },
    isCurrent: state.current === id,
    isKept: state.snapshot.generations.has(id),
    ...state.marks,
  };
}

export function viewGenerationDetail(record: GenerationRecord, state: GenerationState): GenerationDetailView {
  return {
    ...viewGeneration(record, state),
    lastBoots: state.boots.last.map(({ session, mac, host, via, outcome, startMs }) => ({
      ...{ session, mac, via, outcome },
      ...(host === undefined ? {} : { host }),
      start: isoTime(startMs),
    })),
  };
}

export function viewRecordDiff({ values, parameters, sizeDeltaBytes }: RecordDiff) {
  return { values: [...values], parameters: [...parameters], sizeDeltaBytes };
}

export function viewPackages(changes: readonly PackageChange[]): GenerationDiffView["packages"] {
  return changes.map(({ before, after, ...rest }) => ({ ...rest, before: [...before], after: [...after] }));
}
