/**
 * Keeps the history of images: which generations were ever published, and how their boots went.
 *
 * What happens is written in the order in which it happened; whatever waits shares one write. Nothing is
 * held in memory but what waits, and what is read here is on the disk. No machine is told of a generation that
 * is not, as long as the disk takes it.
 */

import { bootedNext } from "../../boot/booted-by.ts";
import type { BootEvent } from "../../boot/event.ts";
import type { GenerationId } from "../../boot/generation.ts";
import { bootOf, type GenerationBoots, NO_BOOTS } from "../../boot/history/boots.ts";
import { type ImageIndex, NO_HISTORY } from "../../boot/history/publish-record.ts";
import type { GenerationRecord, RecordFacts } from "../../boot/history/record.ts";
import { keysBelow, recordKey } from "../../boot/history/record-key.ts";
import type { ImageName } from "../../boot/host.ts";
import type { Store } from "../store/store.ts";
import { createTroubles } from "../troubles.ts";
import type { World } from "../world.ts";
import { forgetCounted } from "./counted-boots.ts";
import { createFreshPublications } from "./fresh-publications.ts";
import { createDraft, HISTORY_KINDS, type HistoryEntry } from "./history-draft.ts";
import { readBoots, readIndex, readRecord } from "./stored-record.ts";

/** Which records of an image are wanted: the highest numbers first. */
export interface RecordPage {
  /** Only numbers below this one. */
  readonly below?: number;
  readonly limit: number;
}

/** All answers wait for what has happened before, as long as it can be written. */
export interface History {
  /** The generations that were published last, the latest one first; at most 100. */
  recent(image: ImageName, depth: number): Promise<readonly GenerationRecord[]>;
  page(image: ImageName, page: RecordPage): Promise<readonly GenerationRecord[]>;
  byNumber(image: ImageName, number: number): Promise<GenerationRecord | undefined>;
  /** The record that an image has of a generation. */
  find(image: ImageName, id: GenerationId): Promise<GenerationRecord | undefined>;
  /** The records of all images that ever had this generation. */
  byId(id: GenerationId): Promise<readonly GenerationRecord[]>;
  /** Every image that ever had a generation, with its highest number. */
  images(): Promise<ReadonlyMap<ImageName, number>>;
  boots(image: ImageName, number: number): Promise<GenerationBoots>;
  /** Enters what was found out; resolves when it is on the disk, or cannot be written now. */
  learn(image: ImageName, number: number, facts: RecordFacts): Promise<void>;
  /** Calls `listener` for each record that is entered, once it is on the disk. */
  onRecord(listener: (record: GenerationRecord) => void): () => void;
  close(): Promise<void>;
}

export interface HistoryOptions {
  readonly world: World;
  readonly store: Store;
  readonly now?: () => number;
  /** After how long what could not be written is tried again, in milliseconds. */
  readonly retryMs?: number;
  /** How long a machine waits at most until what it boots is written, in milliseconds. */
  readonly waitMs?: number;
}

const RETRY_MS = 10_000;
/** Firmware and iPXE ask again after a few seconds. */
const WAIT_MS = 2000;
const FORGET_MS = 3_600_000;
/** Of servers that are restarted often, too; not while this one starts. */
const FIRST_FORGET_MS = 60_000;
/** Written at once: a transaction of so many takes a millisecond or two, in which no packet is answered. */
const BATCH = 100;
/** A disk that takes nothing for so long loses the oldest. */
const MAX_WAITING = 10_000;

/** Takes down what is published and booted, from now on. */
export function startHistory(options: HistoryOptions): History {
  const { world, store, now = Date.now, retryMs = RETRY_MS, waitMs = WAIT_MS } = options;
  const listeners = new Set<(record: GenerationRecord) => void>();
  const waiting: HistoryEntry[] = [];
  let writing: Promise<void> | undefined;
  let retry: NodeJS.Timeout | undefined;
  const troubles = createTroubles(world);
  const fresh = createFreshPublications(waitMs);

  function take(event: BootEvent): void {
    if (event.type === "published") {
      const { image, generation } = event;
      fresh.add(generation.id);
      enter({ type: "published", image, generation, atMs: now() });
    }
    if (event.type !== "session") return;
    const { host = "", generation: id } = event.session;
    const boot = bootOf(event.session);
    if (id === undefined || boot === undefined) return;
    enter({ type: "boot", image: world.snapshot().hosts.get(host)?.image, id, boot, atMs: now() });
  }

  function enter(entry: HistoryEntry): void {
    waiting.push(entry);
    // Those before it may be on their way to the disk.
    if (waiting.length > MAX_WAITING) waiting.splice(BATCH, 1);
    writing ??= writeAll();
  }

  async function writeAll(): Promise<void> {
    clearTimeout(retry);
    try {
      while (waiting.length > 0) await writeBatch(waiting.slice(0, BATCH));
      told(undefined);
    } catch (error) {
      // Machines boot all the same.
      fresh.settle(publishedIn(waiting));
      told(error);
      retry = setTimeout(() => {
        writing ??= writeAll();
      }, retryMs).unref();
    } finally {
      writing = undefined;
    }
  }

  async function writeBatch(batch: readonly HistoryEntry[]): Promise<void> {
    const draft = createDraft(store);
    for (const entry of batch) await draft.enter(entry);
    await store.put(draft.entries());
    waiting.splice(0, batch.length);
    const later = new Set(publishedIn(waiting));
    fresh.settle(publishedIn(batch).filter((id) => !later.has(id)));
    for (const record of draft.published()) for (const listener of listeners) listener(record);
  }

  /** Says once what keeps it from being written. */
  const told = (error: unknown) => troubles.set("which generations were published cannot be kept", error);

  const forget = () => forgetCounted(store, now()).catch(told);
  const timers = [setInterval(forget, FORGET_MS), setTimeout(forget, FIRST_FORGET_MS)];
  for (const timer of timers) timer.unref();
  const stop = world.subscribe(take);
  const stopPreparing = world.prepareBy((client, named) => {
    if (fresh.isEmpty()) return undefined;
    const id = bootedNext(client, named, world.snapshot());
    return id === undefined ? undefined : fresh.wait(id);
  });
  return {
    ...createReader(store, async () => writing),
    async learn(image, number, facts) {
      enter({ type: "facts", image, number, facts });
      await writing;
    },
    onRecord(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    async close() {
      stop();
      stopPreparing();
      for (const timer of timers) clearTimeout(timer);
      await writing;
      clearTimeout(retry);
    },
  };
}

function publishedIn(entries: readonly HistoryEntry[]): readonly GenerationId[] {
  return entries.flatMap((entry) => (entry.type === "published" ? [entry.generation.id] : []));
}

type Lookups = Omit<History, "learn" | "onRecord" | "close">;

function createReader(store: Store, settled: () => Promise<void>): Lookups {
  const { RECORD, BY_ID, IMAGE, BOOTS } = HISTORY_KINDS;
  const byNumber = async (image: ImageName, number: number) => {
    await settled();
    return readRecord(await store.get(RECORD, recordKey(image, number)));
  };
  return {
    byNumber,
    async recent(image, depth) {
      await settled();
      const { recent } = readIndex(await store.get(IMAGE, image)) ?? (NO_HISTORY satisfies ImageIndex);
      const records = await Promise.all(recent.slice(0, depth).map((number) => byNumber(image, number)));
      return records.filter((record) => record !== undefined);
    },
    async page(image, { below, limit }) {
      await settled();
      const all = keysBelow(image);
      const range = below === undefined ? all : { ...all, below: recordKey(image, below) };
      const entries = await store.range(RECORD, { ...range, reverse: true, limit });
      return entries.flatMap(([, value]) => readRecord(value) ?? []);
    },
    async find(image, id) {
      await settled();
      const number = await store.get(BY_ID, `${id}/${image}`);
      return typeof number === "number" ? byNumber(image, number) : undefined;
    },
    async byId(id) {
      await settled();
      const entries = await store.range(BY_ID, { ...keysBelow(id), limit: MAX_WAITING });
      const records = await Promise.all(
        entries.map(([key, number]) => byNumber(key.slice(id.length + 1), Number(number))),
      );
      return records.filter((record) => record !== undefined);
    },
    async images() {
      await settled();
      const found = [...(await store.load(IMAGE))];
      return new Map(found.map(([image, value]) => [image, readIndex(value)?.last ?? 0]));
    },
    async boots(image, number) {
      await settled();
      return readBoots(await store.get(BOOTS, recordKey(image, number))) ?? NO_BOOTS;
    },
  };
}
