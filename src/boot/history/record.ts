/** The noun `record`: one generation in the history of an image, kept for ever, its bytes or not. */

import type { Isa } from "../arch.ts";
import type { GenerationId, ImageShape } from "../generation.ts";
import type { ImageName } from "../host.ts";

export interface GenerationRecord {
  readonly image: ImageName;
  /** 1 for the first one that was ever published for the image; the same id published again keeps its number. */
  readonly number: number;
  readonly id: GenerationId;
  readonly shape: ImageShape;
  /** Where it was found when it was published; a store path where it lay in one. */
  readonly path: string;
  /** When it was published first, and last, in milliseconds since the epoch. */
  readonly firstMs: number;
  readonly lastMs: number;
  readonly kernelVersion?: string;
  readonly isas?: readonly Isa[];
  readonly kernelParams: string;
  /** Of the files that every boot fetches, in bytes. */
  readonly sizeBytes: number;
  /** As `nixos-version` would say, where the image tells. */
  readonly nixosVersion?: string;
  readonly label?: string;
  /** Of the store path with all that it refers to, in bytes, where nix can tell. */
  readonly closureBytes?: number;
}

/** What can be found out about a generation after it was published. */
export type RecordFacts = Pick<GenerationRecord, "nixosVersion" | "label" | "closureBytes">;
