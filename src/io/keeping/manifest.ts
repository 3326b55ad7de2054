/** What a copy in the store is said to hold: each file with its size and SHA-256, written once with the copy. */

import { readFile } from "node:fs/promises";
import { join } from "node:path";
import * as z from "zod";
import type { StoredCopy } from "../../boot/image/make-room.ts";

/** Beside the image's files; a name with a dot is never served. */
export const MANIFEST = ".mayfly.json";

const MANIFEST_SHAPE = z.object({
  version: z.literal(1),
  id: z.string(),
  madeMs: z.number(),
  /** Where it was copied from, for people. */
  source: z.string(),
  files: z.array(
    z.object({ name: z.string(), sizeBytes: z.number().int().nonnegative(), sha256: z.string().length(64) }),
  ),
});

export type Manifest = z.infer<typeof MANIFEST_SHAPE> & StoredCopy;

/** @throws when there is none, or it cannot be read */
export async function readManifest(folder: string): Promise<Manifest> {
  return MANIFEST_SHAPE.parse(JSON.parse(await readFile(join(folder, MANIFEST), "utf8")));
}
