/** How long the publishing of images waits for what. */

export interface ImageSettings {
  /** How long a folder outside a store must stay the same before it is published, in milliseconds. */
  readonly stillMs: number;
  /** How long a link must be gone before its image is withdrawn, in milliseconds. */
  readonly graceMs: number;
  /** After how long a folder that never stays the same is told of, in milliseconds. */
  readonly restlessMs: number;
  /** How often everything is looked at although nothing was heard, in milliseconds. */
  readonly recheckMs: number;
  /** How long a superseded generation is kept after its last use, in milliseconds. */
  readonly keepMs: number;
  /** The same for a generation that no machine was ever told of, in milliseconds. */
  readonly keepUnusedMs: number;
  /** The longest that {@link Images.ready} waits for an image that takes its time, in milliseconds. */
  readonly readyWithinMs: number;
}

export const IMAGE_SETTINGS: ImageSettings = {
  stillMs: 500,
  graceMs: 1000,
  restlessMs: 30_000,
  recheckMs: 30_000,
  keepMs: 3_600_000,
  keepUnusedMs: 10_000,
  readyWithinMs: 5000,
};
