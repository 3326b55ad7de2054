/** Keeps a list of lines for each generation: as what differs from the one before it, compressed. */

import { promisify } from "node:util";
import { deflateRaw, inflateRaw } from "node:zlib";
import * as z from "zod";
import { applyDelta, lineDelta } from "../../boot/history/line-delta.ts";
import { keysBelow, parseRecordKey, recordKey } from "../../boot/history/record-key.ts";
import type { ImageName } from "../../boot/host.ts";
import type { Store } from "../store/store.ts";

/** What order they are in means nothing. */
export interface LineLists {
  /** Resolves when it is on the disk; a number that has one keeps it. */
  put(image: ImageName, number: number, lines: readonly string[]): Promise<void>;
  get(image: ImageName, number: number): Promise<readonly string[] | undefined>;
}

/** How many are read at the most for one. */
const MAX_CHAIN = 16;
/** Larger than any of the lists: what claims more is not unpacked. */
const MAX_BYTES = 16 * 1024 * 1024;

const stored = z.object({
  /** The number of the one that it differs from; absent for one that stands for itself. */
  base: z.int().min(1).optional(),
  /** How many there are below it. */
  depth: z.int().min(0).max(MAX_CHAIN),
  /** A `LineDelta` as JSON, deflated, in base 64. */
  zip: z.string(),
});
const delta = z.object({ gone: z.array(z.string()), come: z.array(z.string()) });

const deflated = promisify(deflateRaw);
const inflated = promisify<Buffer, { maxOutputLength: number }, Buffer>(inflateRaw);

/** @param kind - under which the store has them; each kind of list has one of its own */
export function createLineLists(store: Store, kind: string): LineLists {
  async function read(image: ImageName, number: number) {
    const { data } = stored.safeParse(await store.get(kind, recordKey(image, number)));
    return data;
  }

  async function get(image: ImageName, number: number): Promise<readonly string[] | undefined> {
    const found = await read(image, number);
    if (found === undefined) return undefined;
    const { base } = found;
    // What lies below has a lower number, so this comes to an end whatever stands there.
    const below = base === undefined ? [] : base < number ? await get(image, base) : undefined;
    const changes = await unpack(found.zip);
    return below === undefined || changes === undefined ? undefined : applyDelta(below, changes);
  }

  /** The one before it in the store, if not too many lie below that. */
  async function baseFor(image: ImageName, number: number) {
    const below = { ...keysBelow(image), below: recordKey(image, number) };
    const [entry] = await store.range(kind, { ...below, reverse: true, limit: 1 });
    const base = entry === undefined ? undefined : parseRecordKey(entry[0])?.number;
    const { data } = stored.safeParse(entry?.[1]);
    if (base === undefined || data === undefined || data.depth >= MAX_CHAIN - 1) return undefined;
    const lines = await get(image, base);
    return lines === undefined ? undefined : { base, lines, depth: data.depth + 1 };
  }

  return {
    get,
    async put(image, number, lines) {
      const key = recordKey(image, number);
      // Others may be written as what differs from it.
      if ((await get(image, number)) !== undefined) return;
      const alone = { depth: 0, zip: await pack([], lines) };
      const before = await baseFor(image, number);
      const onTop = before && {
        base: before.base,
        depth: before.depth,
        zip: await pack(before.lines, lines),
      };
      const value = onTop !== undefined && onTop.zip.length < alone.zip.length / 2 ? onTop : alone;
      await store.put([{ kind, key, value }]);
    },
  };
}

async function pack(from: readonly string[], to: readonly string[]): Promise<string> {
  const bytes = await deflated(JSON.stringify(lineDelta(from, to)));
  return bytes.toString("base64");
}

async function unpack(zip: string) {
  try {
    const text = await inflated(Buffer.from(zip, "base64"), { maxOutputLength: MAX_BYTES });
    return delta.safeParse(JSON.parse(text.toString())).data;
  } catch {
    return undefined;
  }
}
