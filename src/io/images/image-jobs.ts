/** Looks at images, and carries out what the publishing steps decide. */

import { join } from "node:path";
import type { ImageName } from "../../boot/host.ts";
import {
  isHolding,
  type PublishEffect,
  type PublishEvent,
  publishStep,
  UNSEEN,
} from "../../boot/image/publish.ts";
import { contentId, MovedError } from "./content-id.ts";
import type { HeldImage } from "./file-shelf.ts";
import { makeGeneration } from "./generation-of.ts";
import { storeGenerationId } from "./image-path.ts";
import type { FoundImage } from "./image-reader.ts";
import { keepCopy } from "./image-retention.ts";
import { type Entry, type ImagesState, queue, use } from "./images-state.ts";
import { refuseWritten, WrittenError } from "./open-writers.ts";

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
    outlasts: named !== undefined && state.outlasts(image),
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
    await refuseWritten(held, state.writers, Date.now());
    const id = inStore ?? (await state.digesting(() => contentId(found, state.digests)));
    if (!isHolding(entry.state, facts) || state.isClosed) {
      held.release();
      return undefined;
    }
    state.shelf.put(id, held);
    return { type: "held", facts, generation: makeGeneration(id, found) };
  } catch (error) {
    held?.release();
    if (error instanceof WrittenError) return { type: "written", facts, file: error.path };
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

/** Gives an event to the image's steps and carries out what they want; whether `hold` is among it. */
function feed(state: ImagesState, image: ImageName, entry: Entry, event: PublishEvent): boolean {
  const before = entry.state.current?.id;
  const { absence, outlasts } = entry;
  const rules = { ...state.settings, outlasts, ...(absence === undefined ? {} : { absence }) };
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
      if (effect.type === "publish") keepCopy(state, image, effect.generation.id);
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
