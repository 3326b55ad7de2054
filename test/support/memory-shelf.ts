/** A shelf for tests: files in memory or on disk, which can go stale or slow on purpose. */

import { type FileHandle, open } from "node:fs/promises";
import { join } from "node:path";
import type { Generation } from "../../src/boot/generation.ts";
import type { BootProgram } from "../../src/boot/program.ts";
import { EMPTY_SNAPSHOT, type Snapshot } from "../../src/boot/snapshot.ts";
import type { FileShelf, OpenFile } from "../../src/io/open-file.ts";

/** Files of a folder, as they lie there. */
export function folderShelf(folder: string): FileShelf {
  const openIn = async (path: string): Promise<OpenFile | undefined> => {
    const handle = await open(path, "r").catch(() => undefined);
    return handle === undefined ? undefined : ofHandle(handle);
  };
  return {
    openMedia: (_generation, file) => openIn(join(folder, file)),
    openProgram: (program) => openIn(program.path),
  };
}

async function ofHandle(handle: FileHandle): Promise<OpenFile> {
  const { size } = await handle.stat();
  return {
    sizeBytes: size,
    read: async (into, position) => (await handle.read(into, 0, into.length, position)).bytesRead,
    close: () => void handle.close(),
  };
}

/** Files by name, whatever the generation. */
export function memoryShelf(files: ReadonlyMap<string, Uint8Array>): FileShelf {
  const openNamed = async (name: string): Promise<OpenFile | undefined> => {
    const bytes = files.get(name);
    return bytes === undefined ? undefined : openMemory(bytes);
  };
  return {
    openMedia: (_generation, file) => openNamed(file),
    openProgram: (program) => openNamed(program.name),
  };
}

export function openMemory(bytes: Uint8Array): OpenFile {
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

export const TEST_GENERATION_ID = "abc123-nixos-system-beta";

/** A snapshot with one generation that has these files, and these programs. */
export function snapshotWith(
  files: ReadonlyMap<string, number>,
  programs: readonly BootProgram[] = [],
  extra: Partial<Snapshot> = {},
): Snapshot {
  const generation: Generation = {
    id: TEST_GENERATION_ID,
    shape: "plain",
    path: "/nix/store/abc123-nixos-system-beta",
    initrds: [],
    kernelParams: "",
    files,
  };
  return {
    ...EMPTY_SNAPSHOT,
    generations: new Map([[generation.id, generation]]),
    programs: new Map(programs.map((program) => [program.kind, program])),
    ...extra,
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
