/** One look at an image's place: what lies there, in the words of the publishing steps. */

import { realpath } from "node:fs/promises";
import type { Look } from "../boot/publish.ts";
import { type FolderHops, findPlace, lastTarget, type Place } from "./image-path.ts";
import { type FoundImage, type ReaderShare, readImage } from "./image-reader.ts";

export interface Seen {
  readonly look: Look;
  readonly place: Place;
  /** When the look is `complete`. */
  readonly found?: FoundImage;
}

export interface Looker {
  /** @param hopsOf - see {@link findPlace} */
  look(path: string, hopsOf: (folder: string) => Promise<FolderHops>): Promise<Seen>;
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
    async look(path, hopsOf) {
      const place = await findPlace(path, hopsOf);
      if (place.isAbsent) return { look: { type: "absent" }, place };
      const broken = (reason: string): Seen => ({
        look: { type: "broken", reason, facts: reason, isImmutable: false },
        place,
      });
      const { real, isInStore } = place;
      if (real === undefined) {
        return broken(await deadEnd(path, place));
      }
      try {
        const found = await read(real, isInStore);
        if (found.type === "complete") {
          const { facts } = found;
          return { look: { type: "complete", facts, isImmutable: isInStore }, place, found };
        }
        const reason = `${found.reason} (in ${real})`;
        return { look: { ...found, reason }, place };
      } catch (error) {
        const { code, message } = error as NodeJS.ErrnoException;
        if (code === "ENOTDIR")
          return broken(`${path} is a file (${real}), not a folder with a kernel and an initrd`);
        return broken(`${real} cannot be read: ${message}`);
      }
    },
  };
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
