/** One look at an image's place: what lies there, in the words of the publishing steps. */

import { readdir, realpath } from "node:fs/promises";
import { join } from "node:path";
import type { Look } from "../../boot/image/publish.ts";
import { type FolderHops, findPlace, lastTarget, type Place, parseStorePath } from "./image-path.ts";
import { type BrokenImage, type FoundImage, type ReaderShare, readImage } from "./image-reader.ts";
import { lstatPath } from "./quick-fs.ts";

export interface Seen {
  readonly look: Look;
  readonly place: Place;
  /** When the look is `complete`. */
  readonly found?: FoundImage;
}

export interface Looker {
  /** @param hopsOf - see {@link findPlace} */
  look(path: string, hopsOf: (folder: string) => Promise<FolderHops>): Promise<Seen>;
  /** Reads what lies in a folder, whose path is real. */
  read(folder: string): Promise<FoundImage | BrokenImage>;
  /** A store path is not held any more: what is there next time is to be read anew. */
  forget(folder: string): void;
}

/** So many complete store paths are remembered; one that is forgotten is read again. */
const MAX_REMEMBERED = 2048;

/** Remembers what it read in stores: a thousand links to one store path cost one reading. */
export function createLooker(share: ReaderShare): Looker {
  const remembered = new Map<string, ReturnType<typeof readImage>>();

  function read(folder: string, isInStore: boolean): ReturnType<typeof readImage> {
    const known = remembered.get(folder);
    if (known !== undefined) return known;
    const reading = readImage(folder, share);
    if (!isInStore) return reading;
    remembered.set(folder, reading);
    // What is broken may be mended: by a build that is not done yet, or by a later one.
    const forget = () => remembered.delete(folder);
    reading.then((found) => found.type === "broken" && forget(), forget);
    for (const oldest of remembered.keys()) if (remembered.size > MAX_REMEMBERED) remembered.delete(oldest);
    return reading;
  }
  return {
    forget: (folder) => remembered.delete(folder),
    read: (folder) => read(folder, parseStorePath(folder) !== undefined),
    async look(path, hopsOf) {
      const place = await findPlace(path, hopsOf);
      if (place.isAbsent) return { look: { type: "absent" }, place };
      const { real } = place;
      if (real === undefined) return broken(place, await deadEnd(path, place));
      try {
        const found = await read(real, place.isInStore);
        const inner = found.type === "broken" ? await onlyFolder(place) : undefined;
        return inner === undefined
          ? seen(place, found)
          : seen(inner, await read(inner.real, inner.isInStore));
      } catch (error) {
        return broken(place, `${real} is no image: ${(error as Error).message}`);
      }
    },
  };
}

/**
 * The one folder that lies in a folder and has the image in it: `rsync -L -r result out` leaves `out/result`.
 *
 * A folder with anything else in it is what it is.
 */
async function onlyFolder(place: Place): Promise<(Place & { readonly real: string }) | undefined> {
  const { real: outer } = place;
  if (outer === undefined) return undefined;
  const entries = await readdir(outer).catch(() => []);
  const [name, ...others] = entries.filter((entry) => !entry.startsWith("."));
  if (name === undefined || others.length > 0) return undefined;
  const real = await realpath(join(outer, name)).catch(() => undefined);
  if (real === undefined || !(await lstatPath(real))?.isDirectory()) return undefined;
  const isInStore = parseStorePath(real) !== undefined;
  return { ...place, real, isInStore, hops: [...place.hops, { folder: outer, name }] };
}

function seen(place: Place, found: FoundImage | BrokenImage): Seen {
  if (found.type === "broken")
    return { look: { ...found, reason: `${found.reason} (in ${place.real})` }, place };
  return { look: { type: "complete", facts: found.facts, isImmutable: place.isInStore }, place, found };
}

function broken(place: Place, reason: string): Seen {
  return { look: { type: "broken", reason, facts: reason, isImmutable: false }, place };
}

/** Why an image's name leads nowhere, and what to do about it. */
async function deadEnd(path: string, { target }: Place): Promise<string> {
  const code = await realpath(path).catch((error: NodeJS.ErrnoException) => error.code);
  if (code === "ELOOP") return `${path} links in a circle: link it to the folder of the image`;
  const end = (await lastTarget(path)) ?? target;
  const what = end === undefined ? path : `${path} links to ${end}, which`;
  if (code === "EACCES")
    return `${what} may not be seen by this user: look at the rights of the folders above`;
  return `${what} is not there: build the image again, or remove the link`;
}
