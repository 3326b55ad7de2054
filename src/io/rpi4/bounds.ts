/** How much of a part is read: more than any has, and little enough that a hostile one does no harm. */

import { PartError } from "./part-error.ts";

/** Files and folders that are looked at. The whole of raspberrypi/firmware has more, its `boot` has not. */
export const MAX_ENTRIES = 4096;
const MAX_FILE_BYTES = 64 * 1024 * 1024;
const MAX_TOTAL_BYTES = 256 * 1024 * 1024;

/** Counts what one part has. */
export interface Bounds {
  /** @throws {@link PartError} when there are too many */
  entry(): void;
  /** @throws {@link PartError} when it is too large, alone or with those before it */
  file(name: string, sizeBytes: number): void;
}

export function createBounds(source: string): Bounds {
  let entries = 0;
  let total = 0;
  return {
    entry() {
      entries++;
      if (entries <= MAX_ENTRIES) return;
      throw new PartError(
        `${source}: it has more than ${MAX_ENTRIES} files; name the folder that holds the part itself`,
      );
    },
    file(name, sizeBytes) {
      total += sizeBytes;
      if (sizeBytes > MAX_FILE_BYTES) {
        throw new PartError(
          `${source}: '${name}' has ${sizeBytes} bytes, more than any file that a Pi boots from`,
        );
      }
      if (total > MAX_TOTAL_BYTES) {
        throw new PartError(
          `${source}: its files have more than ${MAX_TOTAL_BYTES} bytes together: it is no part`,
        );
      }
    },
  };
}
