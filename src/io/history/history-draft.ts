/** Works out what a batch of news makes of the history, on top of what is on the disk. */

import type { Generation, GenerationId } from "../../boot/generation.ts";
import { type GenerationBoot, type GenerationBoots, NO_BOOTS, withBoot } from "../../boot/history/boots.ts";
import { enter, type ImageIndex, NO_HISTORY } from "../../boot/history/publish-record.ts";
import type { GenerationRecord, RecordFacts } from "../../boot/history/record.ts";
import { keysBelow, parseRecordKey, recordKey } from "../../boot/history/record-key.ts";
import type { ImageName } from "../../boot/host.ts";
import type { Store, Stored, StoreEntry } from "../store/store.ts";
import { type CountedBoot, readBoots, readCounted, readIndex, readRecord } from "./stored-record.ts";

/** Under which kinds the store has the history. */
export const HISTORY_KINDS = {
  /** `IMAGE/00000012`: a record. */
  RECORD: "generation",
  /** `ID/IMAGE`: the number of its record. */
  BY_ID: "generation-id",
  /** `IMAGE`: which numbers there are, and which came last. */
  IMAGE: "generation-image",
  /** `IMAGE/00000012`: how its boots went. */
  BOOTS: "generation-boots",
  /** By boot: as what it was counted; as long as more may be told of it. */
  COUNTED: "generation-boot",
} as const;

/** One thing to enter. */
export type HistoryEntry =
  | {
      readonly type: "published";
      readonly image: ImageName;
      readonly generation: Generation;
      readonly atMs: number;
    }
  | {
      readonly type: "boot";
      readonly image: ImageName | undefined;
      readonly id: GenerationId;
      readonly boot: GenerationBoot;
      readonly atMs: number;
    }
  | {
      readonly type: "facts";
      readonly image: ImageName;
      readonly number: number;
      readonly facts: RecordFacts;
    };

export interface Draft {
  enter(entry: HistoryEntry): Promise<void>;
  /** All that is to be written, at once or not at all. */
  entries(): readonly StoreEntry[];
  /** The records of what was published. */
  published(): readonly GenerationRecord[];
}

export function createDraft(store: Store): Draft {
  const { RECORD, BY_ID, IMAGE, BOOTS, COUNTED } = HISTORY_KINDS;
  const drafted = new Map<string, StoreEntry>();
  const published = new Map<string, GenerationRecord>();

  async function get(kind: string, key: string): Promise<Stored | undefined> {
    const entry = drafted.get(`${kind} ${key}`);
    return entry === undefined ? store.get(kind, key) : entry.value;
  }
  function put(kind: string, key: string, value: Stored): void {
    drafted.set(`${kind} ${key}`, { kind, key, value });
  }

  async function numberOf(image: ImageName, id: GenerationId): Promise<number | undefined> {
    const number = await get(BY_ID, `${id}/${image}`);
    return typeof number === "number" ? number : undefined;
  }

  /** A number is never given twice, even where the index was lost or damaged. */
  async function indexOf(image: ImageName): Promise<ImageIndex> {
    const value = await get(IMAGE, image);
    const index = readIndex(value);
    if (index !== undefined) return index;
    const [entry] = await store.range(RECORD, { ...keysBelow(image), reverse: true, limit: 1 });
    const last = entry === undefined ? 0 : (parseRecordKey(entry[0])?.number ?? 0);
    return { ...NO_HISTORY, last };
  }

  async function publish(entry: Extract<HistoryEntry, { type: "published" }>): Promise<void> {
    const { image, generation } = entry;
    const number = await numberOf(image, generation.id);
    const before = number === undefined ? undefined : readRecord(await get(RECORD, recordKey(image, number)));
    const { index, record } = enter(entry, await indexOf(image), before);
    put(IMAGE, image, index);
    put(BY_ID, `${generation.id}/${image}`, record.number);
    put(RECORD, recordKey(image, record.number), record);
    published.set(recordKey(image, record.number), record);
  }

  /** A host may have got another image since it booted; the generation tells which one it had. */
  async function imageOf(image: ImageName | undefined, id: GenerationId): Promise<ImageName | undefined> {
    if (image !== undefined && (await numberOf(image, id)) !== undefined) return image;
    const [entry] = await store.range(BY_ID, { ...keysBelow(id), limit: 1 });
    return entry?.[0].slice(id.length + 1);
  }

  async function count({ image, id, boot, atMs }: Extract<HistoryEntry, { type: "boot" }>): Promise<void> {
    const known = await imageOf(image, id);
    const number = known === undefined ? undefined : await numberOf(known, id);
    if (known === undefined || number === undefined) return;
    const key = recordKey(known, number);
    const before: GenerationBoots = readBoots(await get(BOOTS, key)) ?? NO_BOOTS;
    const counted = readCounted(await get(COUNTED, boot.bootId ?? boot.session));
    put(BOOTS, key, withBoot(before, boot, counted?.record === key ? counted.outcome : undefined));
    const value: CountedBoot = { outcome: boot.outcome, record: key, atMs };
    put(COUNTED, boot.bootId ?? boot.session, value);
  }

  async function learn({ image, number, facts }: Extract<HistoryEntry, { type: "facts" }>): Promise<void> {
    const key = recordKey(image, number);
    const record = readRecord(await get(RECORD, key));
    if (record !== undefined) put(RECORD, key, { ...record, ...facts });
  }

  return {
    enter(entry) {
      switch (entry.type) {
        case "published":
          return publish(entry);
        case "boot":
          return count(entry);
        case "facts":
          return learn(entry);
      }
    },
    entries: () => [...drafted.values()],
    published: () => [...published.values()],
  };
}
