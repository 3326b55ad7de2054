/**
 * From links and folders to published generations: the seam through which the rest of the program
 * knows images.
 */

import { resolve } from "node:path";
import type { GenerationId } from "../../boot/generation.ts";
import type { ImageName } from "../../boot/host.ts";
import type { FileShelf } from "../open-file.ts";
import type { World } from "../world.ts";
import { createFileShelf } from "./file-shelf.ts";
import { abandon, lookAt, relocate } from "./image-jobs.ts";
import { createLooker } from "./image-look.ts";
import { createReaderShare } from "./image-reader.ts";
import { bringBack, sweep } from "./image-retention.ts";
import { IMAGE_SETTINGS, type ImageSettings } from "./image-settings.ts";
import { watchImages } from "./image-watcher.ts";
import { flush, type ImagesState, use } from "./images-state.ts";
import { KEEPING_NOTHING, type Keeping } from "./keeping.ts";
import { createLimiter } from "./limiter.ts";
import { createWriterProbe } from "./open-writers.ts";
import { createPromptFiles } from "./prompt-files.ts";

export interface Images {
  /** Settles when every image that was there at the start is published or its trouble told. */
  readonly ready: Promise<void>;
  /** The names in the media folder, whether or not they can be booted yet. */
  entries(): ReadonlySet<ImageName>;
  /** Calls `listener` when names in the media folder appear or disappear. */
  onEntries(listener: (names: ReadonlySet<ImageName>) => void): () => void;
  /** Replaces the images that have a path of their own. */
  setImages(images: ReadonlyMap<ImageName, string>): void;
  /** Changes how long a superseded generation is kept after its last use, in milliseconds. */
  setKeep(keepMs: number): void;
  /** A machine was told of this generation: it will come for the files. */
  touch(id: GenerationId): void;
  /** What is needed may have changed: brings back what is needed again, and drops what is not. */
  review(): Promise<void>;
  /** Looks at everything again, now, and drops what is not needed any more. */
  recheck(): Promise<void>;
  readonly shelf: FileShelf;
  close(): Promise<void>;
}

export interface ImagesOptions {
  readonly world: World;
  /** `boot-media/hosts`; it need not be there yet. */
  readonly hostsFolder?: string;
  /** Images with a path of their own, which win over names in the media folder. */
  readonly images?: ReadonlyMap<ImageName, string>;
  /** Which of these are served on when their place is empty: those that builds clear and fill anew. Default: none. */
  readonly outlasts?: (image: ImageName) => boolean;
  readonly settings?: Partial<ImageSettings>;
  /** Absent: what is neither current nor in use is let go. */
  readonly keeping?: Keeping;
}

/** So many images are looked at at once, and so many files at once for all of them. */
const JOBS = 32;
const FILES = 16;

export function startImages(options: ImagesOptions): Images {
  const state = createState(options);
  for (const image of state.named.keys()) lookAt(state, image);
  const timers = [
    setInterval(() => void recheck(state), state.settings.recheckMs),
    setInterval(() => {
      sweep(state);
      void bringBack(state);
    }, sweepEveryMs(state.settings)),
  ];
  return {
    ready: untilDecided(state),
    entries: () => state.watcher.entries(),
    onEntries(listener) {
      state.listeners.add(listener);
      return () => state.listeners.delete(listener);
    },
    setImages: (images) => setImages(state, images),
    setKeep(keepMs) {
      state.settings = { ...state.settings, keepMs };
    },
    // A generation that was dropped cannot be brought back by its name.
    touch: (id) => state.uses.has(id) && use(state, id, "named"),
    async review() {
      await bringBack(state);
      sweep(state);
    },
    recheck: () => recheck(state),
    shelf: state.shelf,
    async close() {
      if (state.isClosed) return;
      flush(state);
      state.isClosed = true;
      timers.forEach(clearInterval);
      clearTimeout(state.wake?.timer);
      await state.watcher.close();
      state.keeping.roots?.close();
      state.keeping.copies?.close();
      state.shelf.clear();
    },
  };
}

function createState(options: ImagesOptions): ImagesState {
  const { world, hostsFolder, images, settings, keeping = KEEPING_NOTHING } = options;
  const files = createPromptFiles();
  const state: ImagesState = {
    world,
    hostsFolder: hostsFolder === undefined ? undefined : resolve(hostsFolder),
    settings: { ...IMAGE_SETTINGS, ...settings },
    named: images ?? new Map(),
    outlasts: options.outlasts ?? (() => false),
    entries: new Map(),
    uses: new Map(),
    shelf: createFileShelf(
      files,
      {
        opened: (id) => use(state, id, "opened"),
        closed: (id) => use(state, id, "closed"),
        stale: (folder) => lookAtFolder(state, folder),
      },
      keeping.roots,
    ),
    looker: createLooker(createReaderShare(createLimiter(FILES), files)),
    watcher: watchImages(hostsFolder, {
      look: (image) => lookAt(state, image),
      entries: (names) => {
        for (const listener of state.listeners) listener(names);
      },
      notice: (text, cure) => world.record({ type: "notice", level: "warn", text, cure }),
    }),
    writers: createWriterProbe(),
    digests: new Map(),
    jobs: createLimiter(JOBS),
    digesting: createLimiter(1),
    copying: createLimiter(1),
    undecided: new Set(),
    keeping,
    lost: new Map(),
    returning: new Map(),
    listeners: new Set(),
    pending: [],
    wake: undefined,
    onDecided: () => {},
    isClosed: false,
  };
  return state;
}

async function untilDecided(state: ImagesState): Promise<void> {
  await state.watcher.started;
  for (const [image, entry] of state.entries) {
    const isDecided = entry.state.current !== undefined || entry.state.trouble !== undefined;
    if (!isDecided) state.undecided.add(image);
  }
  const late = Promise.withResolvers<"late">();
  const timer = setTimeout(late.resolve, state.settings.readyWithinMs, "late");
  if (state.undecided.size > 0) {
    const decided = new Promise<void>((done) => {
      state.onDecided = done;
    });
    await Promise.race([decided, late.promise]);
  }
  flush(state);
  await Promise.race([bringBack(state, "wanted"), late.promise]);
  clearTimeout(timer);
  const isAllSeen = state.undecided.size === 0;
  state.undecided.clear();
  // Nobody boots what may only be gone back to.
  void bringBack(state).then(() => isAllSeen && settle(state));
}

function setImages(state: ImagesState, images: ReadonlyMap<ImageName, string>): void {
  const before = state.named;
  state.named = images;
  const names = new Set([...before.keys(), ...images.keys()]);
  for (const name of names) {
    if (before.get(name) === images.get(name)) continue;
    const entry = state.entries.get(name);
    const isStillThere = images.has(name) || state.watcher.entries().has(name);
    if (entry !== undefined && !isStillThere) abandon(state, name, entry);
    else if (entry !== undefined) relocate(state, name, entry);
    if (isStillThere) lookAt(state, name);
  }
}

async function recheck(state: ImagesState): Promise<void> {
  if (state.isClosed) return;
  sweep(state);
  void state.keeping.roots?.again();
  void bringBack(state, "again").then(() => settle(state));
  for (const image of state.named.keys()) lookAt(state, image);
  await state.watcher.recheck();
}

/** What is held now is what is needed: all else is what another server has left. */
function settle(state: ImagesState): void {
  if (!state.isClosed) state.keeping.roots?.settle();
}

function lookAtFolder(state: ImagesState, folder: string): void {
  for (const [image, entry] of state.entries) if (entry.folder === folder) lookAt(state, image);
}

/** Often enough that nothing is kept much longer than it should be. */
function sweepEveryMs({ keepMs, keepUnusedMs }: ImageSettings): number {
  return Math.min(10_000, Math.max(10, Math.min(keepMs, keepUnusedMs) / 4));
}
