/** The reports that were taken, kept for as long as their tokens would count again. */

import * as z from "zod";
import type { BootEvent } from "../../boot/event.ts";
import type { BootId } from "../../boot/session/session.ts";
import type { Store, StoreEntry } from "../store/store.ts";

/** Under which kind the store has them, by boot. */
export const REPORT_KIND = "check-in";

/** As it was recorded. */
export type TakenReport = Omit<Extract<BootEvent, { type: "checked-in" }>, "type">;

export interface TakenReports {
  /** Also while it is being written. */
  has(bootId: BootId): boolean;
  /** Resolves when it is on the disk; `false` if it could not be written, and as if it had never come then. */
  take(report: TakenReport): Promise<boolean>;
  all(): readonly TakenReport[];
}

interface Kept {
  readonly report: TakenReport;
  /** When it came, by the clock that tokens age by. */
  readonly takenMs: number;
}

const strings = z.array(z.string());
const stored = z.object({
  takenMs: z.number(),
  report: z.object({
    peer: z.object({ address: z.string(), port: z.number() }),
    bootId: z.string(),
    mac: z.string(),
    host: z.string().optional(),
    generation: z.string(),
    checkIn: z.object({
      atMs: z.number(),
      clockMs: z.number().optional(),
      system: z.string().optional(),
      kernel: z.string().optional(),
      uptimeMs: z.number().optional(),
      failedUnits: strings,
      missingMounts: strings,
      missingFiles: strings,
    }),
  }),
});

/**
 * @param keepMs - how long a token counts; it came before its report
 * @param nowMs - milliseconds since the epoch
 */
export async function openTakenReports(
  store: Store,
  keepMs: number,
  nowMs: () => number,
): Promise<TakenReports> {
  const kept = new Map<BootId, Kept>();
  const writing = new Set<BootId>();
  const loaded = [...(await store.load(REPORT_KIND))].flatMap(([bootId, value]) => {
    const { data } = stored.safeParse(value);
    // JSON leaves out what is undefined, as our types want it.
    return data === undefined ? [] : [[bootId, JSON.parse(JSON.stringify(data)) as Kept] as const];
  });
  for (const [bootId, each] of loaded.sort(([, a], [, b]) => a.takenMs - b.takenMs)) kept.set(bootId, each);

  /** Those whose tokens are too old by now; the first ones are the oldest. */
  function outdated(): BootId[] {
    const old: BootId[] = [];
    for (const [bootId, { takenMs }] of kept) {
      if (nowMs() - takenMs <= keepMs) break;
      old.push(bootId);
    }
    return old;
  }

  return {
    has: (bootId) => writing.has(bootId) || kept.has(bootId),
    async take(report) {
      const { bootId } = report;
      const value: Kept = { report, takenMs: nowMs() };
      const old = outdated();
      const entries: StoreEntry[] = [
        { kind: REPORT_KIND, key: bootId, value },
        ...old.map((key) => ({ kind: REPORT_KIND, key, value: undefined })),
      ];
      writing.add(bootId);
      try {
        await store.put(entries);
      } catch {
        return false;
      } finally {
        writing.delete(bootId);
      }
      for (const key of old) kept.delete(key);
      kept.set(bootId, value);
      return true;
    },
    all: () => [...kept.values()].map(({ report }) => report),
  };
}
