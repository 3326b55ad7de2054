/** What makes generations outlast their links, the collector and this server. */

import { readdir, readlink } from "node:fs/promises";
import { join, resolve } from "node:path";
import type { GenerationId } from "./boot/generation.ts";
import { neededGenerations } from "./boot/rollout/needed-generations.ts";
import type { LiveSettings, Settings } from "./config/settings.ts";
import type { History } from "./io/history/history.ts";
import { parseStorePath, storeGenerationId } from "./io/images/image-path.ts";
import { createReaderShare, readImage } from "./io/images/image-reader.ts";
import type { Keeping } from "./io/images/keeping.ts";
import { createLimiter } from "./io/images/limiter.ts";
import { createPromptFiles } from "./io/images/prompt-files.ts";
import { createGcRoots } from "./io/keeping/gc-roots.ts";
import { createImageStore, type ImageStore } from "./io/keeping/image-store.ts";
import { startRemembered } from "./io/keeping/remembered.ts";
import { createSessionArchive } from "./io/sessions/session-archive.ts";
import type { Store } from "./io/store/store.ts";
import type { World } from "./io/world.ts";

export interface KeepingParts {
  readonly history: History;
  readonly world: World;
  readonly settings: Pick<Settings, "stateFolder" | "storeFolder" | "mediaFolder">;
  /** The configuration as it is now, whenever that is. */
  readonly live: { readonly now: LiveSettings };
  readonly store: Store;
}

/**
 * Without a state folder of its own a server keeps nothing beyond what it holds open: the roots and the
 * copies that are there may be another server's.
 */
export async function startKeeping(parts: KeepingParts): Promise<Keeping> {
  const { world, settings, live, store, history } = parts;
  const rollbackDepth = () => live.now.rollbackDepth;
  if (store.refuses !== undefined) return { rollbackDepth };
  const { stateFolder } = settings;
  const roots = createGcRoots({
    stateFolder,
    env: process.env,
    tell: (notice) => world.record({ type: "notice", ...notice }),
  });
  const keepMs = () => live.now.keepMinutes * MS_PER_MINUTE;
  const before = new Set([...idsOf(roots.leftOver), ...(await startedBefore(store, keepMs()))]);
  const beganMs = performance.now();
  const wanted = () => {
    const rolledOut = neededGenerations(world.snapshot().rollouts, rollbackDepth());
    return performance.now() - beganMs < keepMs() ? new Set([...before, ...rolledOut]) : rolledOut;
  };
  const remembered = await startRemembered({ history, rollbackDepth, wanted });
  const copies = openImageStore(settings, () => live.now.storeMaxBytes);
  return { rollbackDepth, roots, copies, remembered };
}

/**
 * For who only looks: what a server would have brought back, without a root, a copy or a boot under way.
 *
 * @throws what the store throws
 */
export async function lookAtKept({
  world,
  settings,
  history,
}: Pick<KeepingParts, "history" | "world"> & {
  readonly settings: Pick<Settings, "storeFolder" | "mediaFolder" | "live">;
}): Promise<Keeping> {
  const rollbackDepth = () => settings.live.rollbackDepth;
  const wanted = () => neededGenerations(world.snapshot().rollouts, rollbackDepth());
  const remembered = await startRemembered({ history, rollbackDepth, wanted });
  return { rollbackDepth, remembered, copies: openImageStore(settings, () => 0) };
}

/** What the server before this one held: machines in the middle of a boot come back for the rest of it. */
function idsOf(paths: readonly string[]): readonly GenerationId[] {
  const stores = paths.map(parseStorePath);
  return stores.flatMap((store) => (store === undefined ? [] : [storeGenerationId(store)]));
}

/** The same for what lies in no nix store: the generations of boots that were under way. */
export async function startedBefore(store: Store, keepMs: number): Promise<ReadonlySet<GenerationId>> {
  const generations = new Set<GenerationId>();
  for await (const { generation, lastMs } of createSessionArchive(store).newest({ outcome: "under-way" })) {
    if (generation !== undefined && Date.now() - lastMs < keepMs) generations.add(generation);
  }
  return generations;
}

const MS_PER_MINUTE = 60_000;

/** So many files of an image are looked at at once. */
const FILES = 4;

/**
 * Our own store of images, where the configuration says.
 *
 * @param maxBytes - how much room it may take
 */
export function openImageStore(
  { storeFolder, mediaFolder }: Pick<Settings, "storeFolder" | "mediaFolder">,
  maxBytes: () => number,
): ImageStore {
  const share = createReaderShare(createLimiter(FILES), createPromptFiles());
  return createImageStore({
    parent: storeFolder,
    maxBytes,
    linked: () => linkedFrom(join(mediaFolder, "hosts")),
    read: (folder) => readImage(folder, share),
  });
}

/** What links in the media folder lead to, whether or not a server has seen them yet. */
async function linkedFrom(folder: string): Promise<ReadonlySet<string>> {
  const names = await readdir(folder).catch(() => []);
  const targets = await Promise.all(names.map((name) => readlink(join(folder, name)).catch(() => "")));
  const ids = targets.map((target) => parseStorePath(resolve(folder, target))?.name);
  return new Set(ids.filter((id) => id !== undefined));
}
