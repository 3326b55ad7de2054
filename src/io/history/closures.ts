/** Keeps what generations consist of: each as what differs from the one before it, compressed. */

import { promisify } from "node:util";
import { deflateRaw, inflateRaw } from "node:zlib";
import * as z from "zod";
import type { Closure } from "../../boot/history/closure.ts";
import { applyDelta, closureDelta } from "../../boot/history/closure-delta.ts";
import { keysBelow, parseRecordKey, recordKey } from "../../boot/history/record-key.ts";
import type { ImageName } from "../../boot/host.ts";
import type { Store } from "../store/store.ts";

export interface Closures {
  /** Resolves when it is on the disk; a number that has one keeps it. */
  put(image: ImageName, number: number, closure: Closure): Promise<void>;
  get(image: ImageName, number: number): Promise<Closure | undefined>;
}

const KIND = "generation-closure";
/** How many are read at the most for one. */
const MAX_CHAIN = 16;
/** Larger than any closure's list: what claims more is not unpacked. */
const MAX_BYTES = 16 * 1024 * 1024;

const stored = z.object({
  /** The number of the one that it differs from; absent for one that stands for itself. */
  base: z.int().min(1).optional(),
  /** How many there are below it. */
  depth: z.int().min(0).max(MAX_CHAIN),
  /** A `ClosureDelta` as JSON, deflated, in base 64. */
  zip: z.string(),
});
const delta = z.object({ gone: z.array(z.string()), come: z.array(z.string()) });

const deflated = promisify(deflateRaw);
const inflated = promisify<Buffer, { maxOutputLength: number }, Buffer>(inflateRaw);

export function createClosures(store: Store): Closures {
  async function read(image: ImageName, number: number) {
    const { data } = stored.safeParse(await store.get(KIND, recordKey(image, number)));
    return data;
  }

  async function get(image: ImageName, number: number): Promise<Closure | undefined> {
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
    const [entry] = await store.range(KIND, { ...below, reverse: true, limit: 1 });
    const base = entry === undefined ? undefined : parseRecordKey(entry[0])?.number;
    const { data } = stored.safeParse(entry?.[1]);
    if (base === undefined || data === undefined || data.depth >= MAX_CHAIN - 1) return undefined;
    const closure = await get(image, base);
    return closure === undefined ? undefined : { base, closure, depth: data.depth + 1 };
  }

  return {
    get,
    async put(image, number, closure) {
      const key = recordKey(image, number);
      // Others may be written as what differs from it.
      if ((await get(image, number)) !== undefined) return;
      const alone = { depth: 0, zip: await pack([], closure) };
      const before = await baseFor(image, number);
      const onTop = before && {
        base: before.base,
        depth: before.depth,
        zip: await pack(before.closure, closure),
      };
      const value = onTop !== undefined && onTop.zip.length < alone.zip.length / 2 ? onTop : alone;
      await store.put([{ kind: KIND, key, value }]);
    },
  };
}

async function pack(from: Closure, to: Closure): Promise<string> {
  const bytes = await deflated(JSON.stringify(closureDelta(from, to)));
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
