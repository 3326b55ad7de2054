/** A file shelf over the folders of generations, where each file is opened anew for each request. */

import { open, stat } from "node:fs/promises";
import { join } from "node:path";
import { type FileShelf, type OpenFile, StaleFileError } from "../../src/io/open-file.ts";

export interface FolderShelf extends FileShelf {
  /** Files that are open now. */
  openCount(): number;
  /** Reads so far, of any file. */
  readCount(): number;
  /** From now on every read says that the file was overwritten. */
  spoil(): void;
}

export function createFolderShelf(): FolderShelf {
  let openFiles = 0;
  let reads = 0;
  let isSpoilt = false;

  async function openPath(path: string): Promise<OpenFile | undefined> {
    const info = await stat(path).catch(() => undefined);
    if (info === undefined) return undefined;
    const handle = await open(path);
    openFiles++;
    return {
      sizeBytes: info.size,
      async read(into, position) {
        reads++;
        if (isSpoilt) throw new StaleFileError(`${path} was overwritten`);
        return (await handle.read(into, 0, into.length, position)).bytesRead;
      },
      close() {
        openFiles--;
        void handle.close();
      },
    };
  }

  return {
    openMedia: (generation, file) => openPath(join(generation.path, file)),
    openProgram: (program) => openPath(program.path),
    openCount: () => openFiles,
    readCount: () => reads,
    spoil: () => {
      isSpoilt = true;
    },
  };
}
