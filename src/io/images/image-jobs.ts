/**
 * Looks at images, carries out what the publishing steps decide, and lets go of generations that no
 * boot needs any more.
 */

import { join } from "node:path";
import type { BootEvent } from "../../boot/event.ts";
import type { Generation, GenerationId } from "../../boot/generation.ts";
import type { ImageName } from "../../boot/host.ts";
import {
  isHolding,
  type PublishEffect,
  type PublishEvent,
  type Publishing,
  publishStep,
  UNSEEN,
} from "../../boot/image/publish.ts";
import { isDone, type Use, type UseEvent, useStep } from "../../boot/image/retention.ts";
import type { Change } from "../../boot/snapshot.ts";
import type { World } from "../world.ts";
import { contentId, type DigestCache, MovedError } from "./content-id.ts";
import type { GenerationShelf, HeldImage } from "./file-shelf.ts";
import type { Looker } from "./image-look.ts";
import { storeGenerationId } from "./image-path.ts";
import type { FoundImage } from "./image-reader.ts";
import type { ImageSettings } from "./image-settings.ts";
import type { ImageWatcher } from "./image-watcher.ts";
import type { Limiter } from "./limiter.ts";

/** One image that is looked after. */
export interface Entry {
  readonly path: string;
  /** Why an empty place is trouble; absent for names in the media folder, which may go. */
  readonly absence?: string;
  state: Publishing;
  /** Where it lay when it was last seen, links followed. */
  folder: string | undefined;
  isBusy: boolean;
  isLookWanted: boolean;
}

export interface ImagesState {
  readonly world: World;
  readonly hostsFolder: string | undefined;
  settings: ImageSettings;
  named: ReadonlyMap<ImageName, string>;
  readonly entries: Map<ImageName, Entry>;
  readonly uses: Map<GenerationId, Use>;
  readonly shelf: GenerationShelf;
  readonly looker: Looker;
  readonly watcher: ImageWatcher;
  readonly digests: DigestCache;
  readonly jobs: Limiter;
  /** One large read at a time is enough for the disk. */
  readonly digesting: Limiter;
  /** Images that were there at the start, and are neither published nor in trouble yet. */
  readonly undecided: Set<ImageName>;
  readonly listeners: Set<(names: ReadonlySet<ImageName>) => void>;
  readonly pending: { readonly change?: Change; readonly event?: BootEvent }[];
  /** The one timer for all images that are to be looked at later. */
  wake: { readonly atMs: number; readonly timer: NodeJS.Timeout } | undefined;
  onDecided: () => void;
  isClosed: boolean;
}

/** Looks at an image as soon as there is time for it; once more if something happens meanwhile. */
export function lookAt(state: ImagesState, image: ImageName): void {
  if (state.isClosed) return;
  const entry = state.entries.get(image) ?? addEntry(state, image);
  if (entry === undefined) return;
  entry.isLookWanted = true;
  if (entry.isBusy) return;
  entry.isBusy = true;
  void state.jobs(async () => {
    try {
      while (entry.isLookWanted && state.entries.get(image) === entry && !state.isClosed) {
        entry.isLookWanted = false;
        await lookOnce(state, image, entry);
      }
    } catch (error) {
      state.world.record({ type: "bug", via: `image ${image}`, error });
    } finally {
      entry.isBusy = false;
    }
  });
}

function addEntry(state: ImagesState, image: ImageName): Entry | undefined {
  const named = state.named.get(image);
  const path = named ?? (state.hostsFolder === undefined ? undefined : join(state.hostsFolder, image));
  if (path === undefined) return undefined;
  const absence =
    named === undefined ? {} : { absence: `${path} is not there: build the image, or mend its path` };
  const entry: Entry = {
    path,
    ...absence,
    state: UNSEEN,
    folder: undefined,
    isBusy: false,
    isLookWanted: false,
  };
  state.entries.set(image, entry);
  return entry;
}

/** The image lies elsewhere from now on; what is served stays until something else is found there. */
export function relocate(state: ImagesState, image: ImageName, { state: { current, trouble } }: Entry): void {
  state.entries.delete(image);
  const entry = addEntry(state, image);
  if (entry === undefined) return;
  entry.state = {
    ...(current === undefined ? {} : { current: { ...current, facts: "" } }),
    ...(trouble === undefined ? {} : { trouble }),
  };
}

async function lookOnce(state: ImagesState, image: ImageName, entry: Entry): Promise<void> {
  const { look, place, found } = await state.looker.look(entry.path, state.watcher.hopsOf);
  if (state.entries.get(image) !== entry || state.isClosed) return;
  entry.folder = place.real;
  state.watcher.seen(image, place.target);
  state.watcher.interest(image, place.hops, place.isInStore ? undefined : place.real);
  const isHoldWanted = feed(state, image, entry, { type: "looked", look });
  if (!isHoldWanted || found === undefined) return;
  const answer = await hold(state, entry, found);
  if (answer !== undefined && !state.isClosed) feed(state, image, entry, answer);
}

/** Opens what was found, so that it stays; `undefined` when it is not wanted any more. */
async function hold(state: ImagesState, entry: Entry, found: FoundImage): Promise<PublishEvent | undefined> {
  const { facts, folder, store } = found;
  const inStore = store === undefined ? undefined : storeGenerationId(store);
  if (inStore !== undefined && state.shelf.has(inStore, folder)) {
    return { type: "held", facts, generation: makeGeneration(inStore, found) };
  }
  let held: HeldImage | undefined;
  try {
    held = await state.shelf.hold(found);
    const id = inStore ?? (await state.digesting(() => contentId(found, state.digests)));
    if (!isHolding(entry.state, facts) || state.isClosed) {
      held.release();
      return undefined;
    }
    state.shelf.put(id, held);
    return { type: "held", facts, generation: makeGeneration(id, found) };
  } catch (error) {
    held?.release();
    if (error instanceof MovedError) return { type: "lost", facts };
    return { type: "lost", facts, reason: `${folder} cannot be opened: ${explain(error as Error)}` };
  }
}

function explain({ code, message }: NodeJS.ErrnoException): string {
  switch (code) {
    case "EMFILE":
      return `too many open files: raise LimitNOFILE, or 'ulimit -n' (${message})`;
    case "EACCES":
      return `let the user that Mayfly runs as read it (${message})`;
    default:
      return message;
  }
}

function makeGeneration(
  id: GenerationId,
  { image, kernel, bootFile, files, folder }: FoundImage,
): Generation {
  const { shape, initrds, kernelParams, ownScript } = image;
  return {
    id,
    shape,
    path: folder,
    ...(kernel === undefined ? {} : { kernel }),
    ...(bootFile === undefined ? {} : { bootFile }),
    initrds,
    kernelParams,
    ...(ownScript === undefined ? {} : { ownScript }),
    files: new Map(Array.from(files, ([name, file]) => [name, file.stamp.sizeBytes])),
  };
}

/** Gives an event to the image's steps and carries out what they want; whether `hold` is among it. */
function feed(state: ImagesState, image: ImageName, entry: Entry, event: PublishEvent): boolean {
  const before = entry.state.current?.id;
  const rules = entry.absence === undefined ? state.settings : { ...state.settings, absence: entry.absence };
  const [next, effects] = publishStep(entry.state, event, performance.now(), rules);
  entry.state = next;
  const after = next.current?.id;
  if (after !== undefined && after !== before) use(state, after, "published");
  if (before !== undefined && after !== before) use(state, before, "superseded");
  if (next.wakeAtMs !== undefined) wakeAt(state, next.wakeAtMs);
  for (const effect of effects) carryOut(state, image, entry, effect);
  return effects.some(({ type }) => type === "hold");
}

function carryOut(state: ImagesState, image: ImageName, entry: Entry, effect: PublishEffect): void {
  switch (effect.type) {
    case "look":
      lookAt(state, image);
      return;
    case "hold":
      return; // the look that is under way goes on to it
    case "publish":
    case "trouble": {
      const news =
        effect.type === "publish"
          ? ({ type: "published", image, generation: effect.generation } as const)
          : ({ type: "trouble", image, reason: effect.reason } as const);
      queue(state, { change: news, event: news });
      decided(state, image);
      return;
    }
    case "withdraw":
      withdraw(state, image, entry);
      return;
  }
}

function withdraw(state: ImagesState, image: ImageName, entry: Entry): void {
  const news = { type: "withdrawn", image } as const;
  // What was never shown to anybody goes without a word.
  const isKnown =
    state.world.snapshot().images.has(image) ||
    state.pending.some(({ change }) => change && "image" in change && change.image === image);
  if (isKnown) queue(state, { change: news, event: news });
  if (entry.absence === undefined) {
    state.entries.delete(image);
    state.watcher.forget(image);
  }
  decided(state, image);
}

/** Stops looking after an image whose place is not in the configuration any more. */
export function abandon(state: ImagesState, image: ImageName, entry: Entry): void {
  if (entry.state.current !== undefined) use(state, entry.state.current.id, "superseded");
  state.entries.delete(image);
  state.watcher.forget(image);
  queue(state, { change: { type: "withdrawn", image }, event: { type: "withdrawn", image } });
  decided(state, image);
}

function decided(state: ImagesState, image: ImageName): void {
  if (state.undecided.delete(image) && state.undecided.size === 0) state.onDecided();
}

/** A thousand links that are swapped at once make a few new worlds, not a thousand. */
const TOGETHER_MS = 4;

/** Changes that come about together make one new world, and are told once it is there. */
function queue(state: ImagesState, news: { readonly change?: Change; readonly event?: BootEvent }): void {
  if (state.pending.push(news) === 1) setTimeout(() => flush(state), TOGETHER_MS);
}

export function flush(state: ImagesState): void {
  const pending = state.pending.splice(0);
  if (state.isClosed) return;
  state.world.change(pending.flatMap(({ change }) => (change === undefined ? [] : [change])));
  for (const { event } of pending) if (event !== undefined) state.world.record(event);
}

/** There is one timer for all images, set to the earliest. */
function wakeAt(state: ImagesState, atMs: number): void {
  if (state.isClosed || (state.wake !== undefined && state.wake.atMs <= atMs)) return;
  clearTimeout(state.wake?.timer);
  // A timer may fire a fraction of a millisecond early, and a look that is early is in vain.
  const timer = setTimeout(() => wakeUp(state), Math.max(0, atMs - performance.now()) + 1);
  state.wake = { atMs, timer };
}

function wakeUp(state: ImagesState): void {
  state.wake = undefined;
  const nowMs = performance.now();
  for (const [image, entry] of state.entries) {
    const { wakeAtMs } = entry.state;
    if (wakeAtMs === undefined) continue;
    if (wakeAtMs <= nowMs) feed(state, image, entry, { type: "woke" });
    else wakeAt(state, wakeAtMs);
  }
}

export function use(state: ImagesState, id: GenerationId, event: UseEvent): void {
  state.uses.set(id, useStep(state.uses.get(id), event, performance.now()));
}

/** Lets go of what is no image's any more and was not used for a while. */
export function sweep(state: ImagesState): void {
  const nowMs = performance.now();
  const current = new Set(Array.from(state.entries.values(), ({ state: { current } }) => current?.id));
  const done = [...state.uses].filter(
    ([id, each]) => !current.has(id) && isDone(each, nowMs, state.settings),
  );
  if (done.length === 0) return;
  const ids = done.map(([id]) => id);
  for (const id of ids) {
    state.uses.delete(id);
    state.shelf.drop(id);
    // Nothing keeps nix from collecting it now, and what is built anew there need not be the same.
    state.looker.forget(state.world.snapshot().generations.get(id)?.path ?? "");
  }
  queue(state, { change: { type: "dropped", generations: ids } });
  for (const id of ids) queue(state, { event: { type: "dropped", generation: id } });
}
