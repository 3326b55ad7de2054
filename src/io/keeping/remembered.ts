/**
 * What was published last for each image, at hand: which generations are needed is asked every few seconds,
 * and the history lies on the disk.
 */

import type { GenerationId } from "../../boot/generation.ts";
import type { GenerationRecord } from "../../boot/history/record.ts";
import type { ImageName } from "../../boot/host.ts";
import type { History } from "../history/history.ts";
import type { Remembered } from "../images/keeping.ts";

export interface RememberedOptions {
  readonly history: Pick<History, "images" | "recent" | "byId" | "onRecord">;
  /** How many generations of an image are kept beside its current one. */
  readonly rollbackDepth: () => number;
  readonly wanted: () => ReadonlySet<GenerationId>;
}

/** Beside those that may be gone back to: the current one, and those that are current for another image. */
const MORE = 8;

/** @throws what the store throws */
export async function startRemembered(options: RememberedOptions): Promise<Remembered & { close(): void }> {
  const { history, rollbackDepth, wanted } = options;
  const recent = new Map<ImageName, readonly GenerationRecord[]>();
  let depth = 0;
  async function load(): Promise<void> {
    const wantedDepth = rollbackDepth();
    if (wantedDepth <= depth) return;
    for (const image of (await history.images()).keys())
      recent.set(image, await history.recent(image, wantedDepth + MORE));
    depth = wantedDepth;
  }
  await load();
  const stop = history.onRecord((record) => {
    const others = (recent.get(record.image) ?? []).filter(({ number }) => number !== record.number);
    recent.set(record.image, [record, ...others].slice(0, depth + MORE));
  });
  return {
    recordsOf: (image) => recent.get(image) ?? [],
    async recordOf(id) {
      const records = await history.byId(id);
      return records.toSorted((a, b) => b.lastMs - a.lastMs)[0];
    },
    wanted,
    refresh: load,
    close: stop,
  };
}
