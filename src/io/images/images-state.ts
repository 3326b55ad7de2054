/** What the publishing of images knows, and how it tells the world what became different. */

import type { BootEvent } from "../../boot/event.ts";
import type { GenerationId } from "../../boot/generation.ts";
import type { ImageName } from "../../boot/host.ts";
import type { Publishing } from "../../boot/image/publish.ts";
import { type Use, type UseEvent, useStep } from "../../boot/image/retention.ts";
import { heldBack } from "../../boot/rollout/held-back.ts";
import type { Change } from "../../boot/snapshot.ts";
import type { World } from "../world.ts";
import type { DigestCache } from "./content-id.ts";
import type { GenerationShelf } from "./file-shelf.ts";
import type { Looker } from "./image-look.ts";
import type { ImageSettings } from "./image-settings.ts";
import type { ImageWatcher } from "./image-watcher.ts";
import type { Keeping } from "./keeping.ts";
import type { Limiter } from "./limiter.ts";
import type { WriterProbe } from "./open-writers.ts";

/** One image that is looked after. */
export interface Entry {
  readonly path: string;
  /** Why an empty place is trouble; absent for names in the media folder, which may go. */
  readonly absence?: string;
  /** What lay there goes on being served when the place is empty. */
  readonly outlasts: boolean;
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
  /** Whether an image outlasts that its place is empty. */
  readonly outlasts: (image: ImageName) => boolean;
  readonly entries: Map<ImageName, Entry>;
  readonly uses: Map<GenerationId, Use>;
  readonly shelf: GenerationShelf;
  readonly looker: Looker;
  readonly watcher: ImageWatcher;
  readonly writers: WriterProbe;
  readonly digests: DigestCache;
  readonly jobs: Limiter;
  /** One large read at a time is enough for the disk. */
  readonly digesting: Limiter;
  /** One copy at a time, and beside the reading. */
  readonly copying: Limiter;
  /** Images that were there at the start, and are neither published nor in trouble yet. */
  readonly undecided: Set<ImageName>;
  readonly listeners: Set<(names: ReadonlySet<ImageName>) => void>;
  readonly keeping: Keeping;
  /** What was tried to be kept in vain, by id, and where. */
  readonly lost: Map<GenerationId, string>;
  /** What is being brought back. */
  readonly returning: Map<GenerationId, Promise<void>>;
  readonly pending: { readonly change?: Change; readonly event?: BootEvent }[];
  /** The one timer for all images that are to be looked at later. */
  wake: { readonly atMs: number; readonly timer: NodeJS.Timeout } | undefined;
  onDecided: () => void;
  isClosed: boolean;
}

/** A thousand links that are swapped at once make a few new worlds, not a thousand. */
const TOGETHER_MS = 4;

/** Changes that come about together make one new world, and are told once it is there. */
export function queue(
  state: ImagesState,
  news: { readonly change?: Change; readonly event?: BootEvent },
): void {
  if (state.pending.push(news) === 1) setTimeout(() => flush(state), TOGETHER_MS);
}

export function flush(state: ImagesState): void {
  const pending = state.pending.splice(0);
  if (state.isClosed) return;
  state.world.change(pending.flatMap(({ change }) => (change === undefined ? [] : [change])));
  for (const { event } of pending) if (event !== undefined) state.world.record(withReach(event, state.world));
}

/** To be said when it is told: who gets it depends on the world that it has come into. */
function withReach(event: BootEvent, world: World): BootEvent {
  if (event.type !== "published") return event;
  return { ...event, heldBack: heldBack(event.image, event.generation, world.snapshot()) };
}

export function use(state: ImagesState, id: GenerationId, event: UseEvent): void {
  state.uses.set(id, useStep(state.uses.get(id), event, performance.now()));
}
