/** A folder that somebody else's archive is unpacked into: nothing of it leads out, and it stays within bounds. */

import { mkdir, open, symlink } from "node:fs/promises";
import { dirname, join } from "node:path";
import { archiveName, isInitLink } from "../../boot/image/archive-name.ts";
import { ImportError } from "./archive-error.ts";

export interface Unpacking {
  folder(name: string): void;
  /** Writes a file; what `data` has beyond `sizeBytes` is refused. */
  file(name: string, sizeBytes: number, data: AsyncIterable<Uint8Array>): Promise<void>;
  link(name: string, target: string): void;
  /** For what is neither. @throws {@link ImportError} */
  odd(name: string, what: string): never;
  /** Call once all files are there. */
  finish(): Promise<void>;
}

/** No image has more, and a folder with more is not read either. */
const MAX_ENTRIES = 4096;

/**
 * @param source - as people know it
 * @param maxBytes - how much room there is
 */
export function startUnpacking(source: string, folder: string, maxBytes: number): Unpacking {
  const links = new Map<string, string>();
  let entries = 0;
  let bytes = 0;
  function take(name: string): string {
    if (++entries > MAX_ENTRIES) refuse(source, `it has more than ${MAX_ENTRIES} entries: that is no image`);
    const safe = archiveName(name);
    if (safe === undefined) refuse(source, `'${shown(name)}' leads out of it; nothing was unpacked`);
    return safe;
  }
  return {
    folder: (name) => void take(name),
    async file(name, sizeBytes, data) {
      const safe = take(name);
      bytes += sizeBytes;
      if (bytes > maxBytes) {
        const room = `${(maxBytes / 1e9).toFixed(1)} GB`;
        refuse(
          source,
          `it unpacks to more than the ${room} that there is room for: raise 'storeMaxGigabytes'`,
        );
      }
      await writeFile(source, folder, safe, sizeBytes, data);
    },
    link(name, target) {
      const safe = take(name);
      if (!isInitLink(safe, target)) {
        const cure = "pack the files that links lead to: 'tar -h'";
        refuse(
          source,
          `'${shown(name)}' is a link to ${shown(target)}; an archive with links is not unpacked: ${cure}`,
        );
      }
      links.set(safe, target);
    },
    odd: (name, what) => refuse(source, `'${shown(name)}' is ${what}; such an archive is not unpacked`),
    async finish() {
      // The last thing, so that nothing is ever written through a link.
      for (const [name, target] of links) {
        await mkdir(join(folder, dirname(name)), { recursive: true });
        await symlink(target, join(folder, name)).catch(() =>
          refuse(source, `'${shown(name)}' is in it twice, and which one counts is anybody's guess`),
        );
      }
    },
  };
}

async function writeFile(
  source: string,
  folder: string,
  name: string,
  sizeBytes: number,
  data: AsyncIterable<Uint8Array>,
): Promise<void> {
  const path = join(folder, name);
  try {
    await mkdir(dirname(path), { recursive: true });
    await using file = await open(path, "wx", 0o644);
    let at = 0;
    for await (const chunk of data) {
      if (at + chunk.length > sizeBytes) refuse(source, `'${shown(name)}' is larger than it says`);
      await file.writev([chunk], at);
      at += chunk.length;
    }
    if (at < sizeBytes) refuse(source, `it ends in the middle of '${shown(name)}': get it anew`);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== "EEXIST" && code !== "ENOTDIR" && code !== "EISDIR") throw error;
    refuse(source, `'${shown(name)}' is in it twice, and which one counts is anybody's guess`);
  }
}

/** @throws {@link ImportError} */
export function refuse(source: string, why: string): never {
  throw new ImportError(`${source}: ${why}`);
}

function shown(name: string): string {
  return name.slice(0, 200).replaceAll(/\p{Cc}/gu, "?");
}
