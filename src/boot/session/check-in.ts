/** The noun `check-in`: what a booted node says of itself when it is up. */

/** What is not as the image's builder told the node to expect; nothing of it: all is well. */
export interface CheckIn {
  /** Milliseconds since the epoch, by our clock. */
  readonly atMs: number;
  /** The same moment by the node's own clock, where it says. */
  readonly clockMs?: number;
  /** The store path of the system that runs. */
  readonly system?: string;
  /** As `uname -r` says. */
  readonly kernel?: string;
  /** How long the system took from its kernel's start, in milliseconds. */
  readonly uptimeMs?: number;
  readonly failedUnits: readonly string[];
  /** Mount points that it was told to expect and that are not mounted. */
  readonly missingMounts: readonly string[];
  /** Files, secrets for instance, that it was told to expect and that are not there. */
  readonly missingFiles: readonly string[];
}

/**
 * The last moment whose date can be written, in a year of four digits, in milliseconds since the epoch: what a
 * node's clock says after it is no time.
 *
 * @see RFC 3339 §5.6
 */
export const LAST_CLOCK_MS = 253_402_300_799_999;

/** All that is amiss, by name; the same names for the same faults. */
export function describedFaults({ failedUnits, missingMounts, missingFiles }: CheckIn): readonly string[] {
  return [...failedUnits, ...missingMounts, ...missingFiles];
}

/** Whether nothing is missing. */
export function isWell({ failedUnits, missingMounts, missingFiles }: CheckIn): boolean {
  return failedUnits.length === 0 && missingMounts.length === 0 && missingFiles.length === 0;
}
