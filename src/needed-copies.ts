/** Which copies a server cannot do without, for who makes room in the store beside it. */

import { readdir, realpath } from "node:fs/promises";
import { join } from "node:path";
import type { GenerationId } from "./boot/generation.ts";
import { DEFAULT_ENTRY } from "./boot/hosts.ts";
import { neededGenerations } from "./boot/image/retention.ts";
import { neededGenerations as neededByRollouts } from "./boot/rollout/needed-generations.ts";
import type { Settings } from "./config/settings.ts";
import { startHistory } from "./io/history/history.ts";
import { parseStorePath } from "./io/images/image-path.ts";
import { startRemembered } from "./io/keeping/remembered.ts";
import { loadRollouts } from "./io/rollouts/rollout-record.ts";
import { readStore } from "./io/store/sqlite-store.ts";
import { createMemoryStore, type Store } from "./io/store/store.ts";
import { StoreError } from "./io/store/store-error.ts";
import { createWorld } from "./io/world.ts";
import { startedBefore } from "./keeping.ts";

/**
 * What hosts boot, what boots under way fetch, what is pinned, and what there is to go back to: by the
 * configuration and by the state folder, whether or not a server runs.
 *
 * @throws {@link StoreError} for a state folder that cannot be read, or not all of it
 */
export async function neededCopies(settings: Settings): Promise<ReadonlySet<GenerationId>> {
  const { stateFolder, live } = settings;
  const reader = await readStore(stateFolder);
  // What is only read here needs no place to be written to.
  const store: Store = { ...createMemoryStore(), ...reader };
  try {
    const rollouts = await loadRollouts(store, (kind, key) => {
      const text = `${stateFolder} holds what this version of Mayfly cannot read (${kind} ${key}), so it is not known which copies are needed`;
      throw new StoreError("newer", text, "import with the Mayfly that serves");
    });
    const rollbackDepth = live.rollbackDepth;
    const wanted = new Set([
      ...neededByRollouts(rollouts, rollbackDepth, rollouts.tracks.keys()),
      ...(await startedBefore(store, live.keepMinutes * MS_PER_MINUTE)),
    ]);
    const recordsOf = await rememberedRecords(store, rollbackDepth);
    const images = await imagesOf(settings);
    const current = new Set(await configured(settings));
    for (const image of images) for (const { id } of recordsOf(image).slice(0, 1)) current.add(id);
    const times = { keepMs: 0, keepUnusedMs: 0, uses: new Map() };
    return new Set(
      neededGenerations({ ...times, current, wanted, images, recordsOf, rollbackDepth }, 0).keys(),
    );
  } finally {
    await reader?.close();
  }
}

const MS_PER_MINUTE = 60_000;

async function rememberedRecords(store: Store, depth: number) {
  const history = startHistory({ world: createWorld(), store });
  try {
    const options = { history, rollbackDepth: () => depth, wanted: () => new Set<GenerationId>() };
    return (await startRemembered(options)).recordsOf;
  } finally {
    await history.close();
  }
}

/** Hosts have an image of their name, or share one. */
async function imagesOf({ mediaFolder, live }: Settings): Promise<ReadonlySet<string>> {
  const entries = await readdir(join(mediaFolder, "hosts")).catch(() => []);
  return new Set([...live.hosts.map(({ name }) => name), ...entries, DEFAULT_ENTRY]);
}

/** What is in the store and the configuration leads to, links followed. */
async function configured({ image, live }: Settings): Promise<readonly GenerationId[]> {
  const places = [image, ...live.hosts.map((host) => host.image)].filter((place) => place !== undefined);
  const targets = await Promise.all(places.map((place) => realpath(place).catch(() => place)));
  const names = targets.map((target) => parseStorePath(target)?.name);
  return names.filter((name) => name !== undefined);
}
