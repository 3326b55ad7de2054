/** What makes generations outlast their place, their current time and the server, as far as images know of it. */

import type { GenerationId } from "../../boot/generation.ts";
import type { GenerationRecord } from "../../boot/history/record.ts";
import type { ImageName } from "../../boot/host.ts";
import type { FoundImage } from "./image-reader.ts";

/** Somebody's interest in store paths. */
export interface RootHold {
  /** Once; a root that nobody is interested in goes. */
  release(): void;
}

/** Keeps nix's collector away from store paths. */
export interface Roots {
  /**
   * Resolves when nix leaves these store paths alone, or it was told why that cannot be had. The caller
   * looks afterwards whether they are there: a collector may have been quicker.
   *
   * @param paths - of stores: `/nix/store/HASH-NAME`
   */
  hold(paths: Iterable<string>): Promise<RootHold>;
  /** Tries once more to make those roots of what is held that could not be made. */
  again(): Promise<void>;
  /** Removes the roots that a server before this one has left and nobody holds now. */
  settle(): void;
  /** From now on releasing removes nothing: the next server may need it. */
  close(): void;
}

/** Copies of images that lie in no store, and could be overwritten. */
export interface Copies {
  /** Whether plain folders are to be copied at all. */
  isOn(): boolean;
  /** Where the copy of a generation is, if there is one. */
  placeOf(id: GenerationId): string | undefined;
  /**
   * Makes a copy; returns where it is.
   *
   * @throws {@link import("./content-id.ts").MovedError} when the image is no longer what was found; any
   * other error when there is no room for it, with the cure
   */
  keep(id: GenerationId, found: FoundImage, needed: ReadonlySet<GenerationId>): Promise<string>;
  /** Breaks off what is under way. */
  close(): void;
}

/** What was published, and what of it is wanted. */
export interface Remembered {
  /** What was published for an image, the last one first. */
  recordsOf(image: ImageName): readonly GenerationRecord[];
  /** What was published last under this id. */
  recordOf(id: GenerationId): Promise<GenerationRecord | undefined>;
  /** Pinned, or named by a rollout. */
  wanted(): ReadonlySet<GenerationId>;
  /** Reads on, where more is wanted than there was. */
  refresh(): Promise<void>;
}

export interface Keeping {
  readonly roots?: Roots;
  readonly copies?: Copies;
  readonly remembered?: Remembered;
  /** How many generations of an image are kept beside its current one. */
  readonly rollbackDepth: () => number;
}

/** Nothing is kept but what is current, and what boots under way may need. */
export const KEEPING_NOTHING: Keeping = { rollbackDepth: () => 0 };
