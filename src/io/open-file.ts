/** What the shells read from: files that stay the same while they are read, or say that they did not. */

import type { Generation } from "../boot/generation.ts";
import type { BootProgram } from "../boot/program/program.ts";

/** A file at one moment. Every byte that {@link OpenFile.read} gives is of that moment. */
export interface OpenFile {
  readonly sizeBytes: number;
  /**
   * Fills `into` from `position` on and gives the number of bytes read; fewer only at the end.
   *
   * @throws {@link StaleFileError} when the file was overwritten since it was published; what `into`
   * holds then must not be sent.
   */
  read(into: Uint8Array, position: number): Promise<number>;
  /** Call once, when no read is under way. */
  close(): void;
}

/** The file is no longer the one that the generation was made of: the boot has to start over. */
export class StaleFileError extends Error {
  override readonly name = "StaleFileError";
}

/** Where generations and boot programs lie open. */
export interface FileShelf {
  /** `undefined` when the generation is not kept any more, or has no such file. */
  openMedia(generation: Generation, file: string): Promise<OpenFile | undefined>;
  /** A boot program, or whatever else lies at a path of its own. `undefined` when the file has gone. */
  openProgram(program: Pick<BootProgram, "name" | "path">): Promise<OpenFile | undefined>;
}

/** Bytes in memory as a file. */
export function openBytes(bytes: Uint8Array): OpenFile {
  return {
    sizeBytes: bytes.length,
    async read(into, position) {
      const part = bytes.subarray(position, position + into.length);
      into.set(part);
      return part.length;
    },
    close: () => undefined,
  };
}
