/**
 * Keeps what is needed and lets go of the rest: generations that are no image's current one stay as long
 * as somebody may want them, and come back after a restart.
 */

import { cureOf } from "../../boot/cure.ts";
import type { GenerationId } from "../../boot/generation.ts";
import type { GenerationRecord } from "../../boot/history/record.ts";
import type { ImageName } from "../../boot/host.ts";
import { type Need, neededGenerations } from "../../boot/image/retention.ts";
import { contentId, MovedError } from "./content-id.ts";
import type { HeldImage } from "./file-shelf.ts";
import { makeGeneration } from "./generation-of.ts";
import { storeGenerationId } from "./image-path.ts";
import { flush, type ImagesState, queue } from "./images-state.ts";
import type { Remembered } from "./keeping.ts";

/** What is needed now, and what for. */
export function needs(state: ImagesState): ReadonlyMap<GenerationId, Need> {
  const { remembered, rollbackDepth } = state.keeping;
  const { hosts } = state.world.snapshot();
  const current = Array.from(state.entries.values(), ({ state: { current } }) => current?.id);
  return neededGenerations(
    {
      ...state.settings,
      current: new Set(current.filter((id) => id !== undefined)),
      uses: state.uses,
      wanted: remembered?.wanted() ?? new Set(),
      images: new Set(Array.from(hosts.values(), ({ image }) => image)),
      recordsOf: (image) => remembered?.recordsOf(image) ?? [],
      rollbackDepth: rollbackDepth(),
    },
    performance.now(),
  );
}

/** Lets go of what nobody needs. */
export function sweep(state: ImagesState): void {
  const needed = needs(state);
  const ids = [...state.uses.keys()].filter((id) => !needed.has(id));
  if (ids.length === 0) return;
  for (const id of ids) {
    state.uses.delete(id);
    state.shelf.drop(id);
    // Nothing keeps nix from collecting it now, and what is built anew there need not be the same.
    state.looker.forget(state.world.snapshot().generations.get(id)?.path ?? "");
  }
  queue(state, { change: { type: "dropped", generations: ids } });
  for (const id of ids) queue(state, { event: { type: "dropped", generation: id } });
}

/**
 * Brings back what is needed and not at hand: after a restart, or because somebody wants it again.
 *
 * @param what - `wanted`: only what a machine may get next; `again`: what could not be found before, too
 */
export async function bringBack(state: ImagesState, what: "all" | "wanted" | "again" = "all"): Promise<void> {
  const { remembered } = state.keeping;
  if (remembered === undefined || state.isClosed) return;
  await remembered.refresh();
  const missing = [...needs(state)].filter(([id, need]) => {
    const isNew = what === "again" || !state.lost.has(id);
    return !state.uses.has(id) && isNew && (what !== "wanted" || need === "wanted");
  });
  await Promise.all(
    missing.map(([id, need]) => {
      const work = state.returning.get(id) ?? bringBackById(state, remembered, id, need);
      state.returning.set(id, work);
      return work;
    }),
  );
  flush(state);
}

async function bringBackById(
  state: ImagesState,
  remembered: Remembered,
  id: GenerationId,
  need: Need,
): Promise<void> {
  try {
    const record = await remembered.recordOf(id);
    if (record !== undefined) await state.jobs(() => bringBackOne(state, record, need));
  } finally {
    state.returning.delete(id);
  }
}

async function bringBackOne(state: ImagesState, record: GenerationRecord, need: Need): Promise<void> {
  const { id } = record;
  // It may have been published meanwhile.
  if (state.uses.has(id) || state.isClosed) return;
  const places = [...new Set([state.keeping.copies?.placeOf(id) ?? record.path, record.path])];
  const reasons: string[] = [];
  for (const place of places) {
    const reason = await bringBackFrom(state, record, place).catch((error: Error) => error.message);
    if (reason === undefined) return;
    reasons.push(reason);
  }
  const reason = reasons.join("; ");
  if (state.lost.get(id) === reason) return;
  state.lost.set(id, reason);
  state.world.record({
    type: "notice",
    // Whoever has pinned it counts on it; a rollback that far is only a possibility.
    level: need === "wanted" ? "warn" : "info",
    text: `generation ${id} of ${record.image} cannot be kept: ${reason}`,
    cure: "build it again and link it, or go back to another one",
  });
}

/** @returns why it cannot be had from there; `undefined` when it is back */
async function bringBackFrom(
  state: ImagesState,
  record: GenerationRecord,
  place: string,
): Promise<string | undefined> {
  const { id } = record;
  const found = await state.looker.read(place);
  if (found.type === "broken") return `${place}: ${found.reason}`;
  const held = await state.shelf.hold(found);
  const isWanted = await isSame(state, id, held).catch(() => false);
  if (isWanted === false || state.isClosed) {
    held.release();
    return `what lies in ${place} now is another build`;
  }
  const isNew = !state.uses.has(id);
  state.shelf.put(id, held);
  state.lost.delete(id);
  if (!isNew) return undefined;
  state.uses.set(id, { readers: 0, lastUseMs: performance.now(), isUnused: true });
  queue(state, { change: { type: "retained", generation: makeGeneration(id, found) } });
  return undefined;
}

async function isSame(state: ImagesState, id: GenerationId, { found }: HeldImage): Promise<boolean> {
  const { store } = found;
  return (
    id ===
    (store === undefined
      ? await state.digesting(() => contentId(found, state.digests))
      : storeGenerationId(store))
  );
}

/**
 * Copies an image that lies in no store, so that it can be gone back to when its folder was overwritten.
 *
 * In the background, one at a time: nobody waits for it.
 */
export function keepCopy(state: ImagesState, image: ImageName, id: GenerationId): void {
  const { copies, rollbackDepth } = state.keeping;
  const found = state.shelf.found(id);
  if (copies === undefined || !copies.isOn() || rollbackDepth() === 0) return;
  if (found === undefined || found.store !== undefined) return;
  void state.copying(async () => {
    if (state.isClosed || !state.uses.has(id)) return;
    try {
      const place = await copies.keep(id, found, new Set(needs(state).keys()));
      const copy = await state.looker.read(place);
      if (copy.type === "broken") throw new Error(`${place}: ${copy.reason}`);
      const held = await state.shelf.hold(copy);
      if (state.isClosed || !state.uses.has(id)) held.release();
      else state.shelf.put(id, held);
    } catch (error) {
      // A folder that is being changed will be looked at again, and then copied.
      if (error instanceof MovedError || state.isClosed) return;
      tellNotCopied(state, image, error as Error);
    }
  });
}

function tellNotCopied({ world }: ImagesState, image: ImageName, error: Error): void {
  const cure = cureOf(error) ?? "look at the folder and its disk";
  const text = `the image of ${image} is served, but no copy of it is kept to go back to: ${error.message}`;
  world.record({ type: "notice", level: "warn", text, cure });
}
