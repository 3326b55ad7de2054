/** Rollouts as the store has them: one value for each host, machine, one-time image, hold and report. */

import * as z from "zod";
import { isHostName } from "../../boot/hosts.ts";
import {
  NO_ROLLOUTS,
  type Once,
  type OnceKey,
  type Rollouts,
  type Scope,
  type Track,
  type Trial,
} from "../../boot/rollout/rollout.ts";
import { isBootId } from "../../boot/session/boot-id.ts";
import type { BootId } from "../../boot/session/session.ts";
import { parseMac } from "../../wire/net/mac.ts";
import type { Store, Stored, StoreEntry } from "../store/store.ts";

/** Under which kinds the store has them; by host, MAC address, what they are named by, and boot. */
const TRACK_KIND = "rollout-track";
const TRIAL_KIND = "rollout-trial";
const ONCE_KIND = "rollout-once";
const HELD_KIND = "rollout-held";
const REPORT_KIND = "rollout-report";

export const ROLLOUT_KINDS: readonly string[] = [TRACK_KIND, TRIAL_KIND, ONCE_KIND, HELD_KIND, REPORT_KIND];

const reason = z.enum(["no-check-in", "boot-loop", "unwell", "stopped", "rolled-back"]);

const track = z.object({
  newest: z.string().optional(),
  candidate: z.string().optional(),
  settled: z.array(z.string()),
  proven: z.array(z.string()),
  bad: z.array(z.object({ generation: z.string(), reason, atMs: z.number() })),
  pin: z.string().optional(),
  checksIn: z.boolean(),
  usualFaults: z.array(z.string()),
});

const trial = z.object({
  host: z.string(),
  generation: z.string(),
  place: z.enum(["canary", "all", "once"]),
  state: z.enum(["reserved", "given", "handed-over", "back", "good"]),
  strikes: z.int().min(0),
  sinceMs: z.number(),
  isWatched: z.boolean(),
});

const once = z.object({
  host: z.string(),
  generation: z.string(),
  taken: z.object({ mac: z.string(), atMs: z.number() }).optional(),
});

/** One of the tables, and how its keys and values are known. */
interface Table<Key extends string, Value> {
  readonly kind: string;
  readonly of: (rollouts: Rollouts) => ReadonlyMap<Key, Value>;
  readonly isKey: (key: string) => key is Key;
  readonly value: z.ZodType;
}

const isMac = (key: string): key is string => parseMac(key) === key;
const isScope = (key: string): key is Scope => /^(host|group):/.test(key);
const isOnceKey = (key: string): key is OnceKey => /^(host|mac):/.test(key);

const TRACKS: Table<string, Track> = {
  kind: TRACK_KIND,
  of: ({ tracks }) => tracks,
  isKey: (key): key is string => isHostName(key),
  value: track,
};
const TRIALS: Table<string, Trial> = {
  kind: TRIAL_KIND,
  of: ({ trials }) => trials,
  isKey: isMac,
  value: trial,
};
const ONCES: Table<OnceKey, Once> = {
  kind: ONCE_KIND,
  of: ({ onces }) => onces,
  isKey: isOnceKey,
  value: once,
};
const HELD: Table<Scope, number> = {
  kind: HELD_KIND,
  of: ({ held }) => held,
  isKey: isScope,
  value: z.number(),
};
const REPORTS: Table<BootId, number> = {
  kind: REPORT_KIND,
  of: ({ reports }) => reports,
  isKey: (key): key is BootId => isBootId(key),
  value: z.number(),
};

/** What has to be written for the one to become the other. */
export function recordChanges(before: Rollouts, after: Rollouts): readonly StoreEntry[] {
  if (before === after) return [];
  return [TRACKS, TRIALS, ONCES, HELD, REPORTS].flatMap((table) => tableChanges(table, before, after));
}

function tableChanges(
  { kind, of }: Pick<Table<string, Stored>, "kind" | "of">,
  before: Rollouts,
  after: Rollouts,
): StoreEntry[] {
  const [old, now] = [of(before), of(after)];
  if (old === now) return [];
  const gone = [...old.keys()].filter((key) => !now.has(key)).map((key) => ({ kind, key, value: undefined }));
  const changed = [...now].filter(([key, value]) => old.get(key) !== value);
  return [...gone, ...changed.map(([key, value]) => ({ kind, key, value }))];
}

/**
 * Reads what was kept.
 *
 * @param onUnreadable - gets what cannot be read, which then does not count
 */
export async function loadRollouts(
  store: Pick<Store, "load">,
  onUnreadable: (kind: string, key: string) => void,
): Promise<Rollouts> {
  const load = async <Key extends string, Value>(
    table: Table<Key, Value>,
  ): Promise<ReadonlyMap<Key, Value>> => {
    const read = new Map<Key, Value>();
    for (const [key, value] of await store.load(table.kind)) {
      const parsed = table.value.safeParse(value);
      if (parsed.success && table.isKey(key)) read.set(key, parsed.data as Value);
      else onUnreadable(table.kind, key);
    }
    return read;
  };
  return {
    ...NO_ROLLOUTS,
    tracks: await load(TRACKS),
    trials: await load(TRIALS),
    onces: await load(ONCES),
    held: await load(HELD),
    reports: await load(REPORTS),
  };
}
