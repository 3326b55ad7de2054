/** A shelf for tests: files in memory, of bytes that tell where they are. */

import type { FileShelf, OpenFile } from "../../src/io/open-file.ts";
import { openBytes } from "../../src/io/open-file.ts";

/** Files by name, whatever the generation. */
export function memoryShelf(files: ReadonlyMap<string, Uint8Array>): FileShelf {
  const openNamed = async (name: string): Promise<OpenFile | undefined> => {
    const bytes = files.get(name);
    return bytes === undefined ? undefined : openBytes(bytes);
  };
  return {
    openMedia: (_generation, file) => openNamed(file),
    openProgram: (program) => openNamed(program.name),
  };
}

/** Bytes that tell where they are: a block sent twice, left out or out of order shows. */
export function patternBytes(sizeBytes: number, seed = 1): Uint8Array {
  const bytes = new Uint8Array(sizeBytes);
  let state = seed | 1;
  for (let i = 0; i < sizeBytes; i++) {
    state = (Math.imul(state, 1664525) + 1013904223) | 0;
    bytes[i] = state >>> 24;
  }
  return bytes;
}
