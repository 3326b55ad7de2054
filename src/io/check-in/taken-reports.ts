/** The reports that were taken, kept for as long as their tokens would count again. */

import * as z from "zod";
import type { BootEvent } from "../../boot/event.ts";
import { LAST_CLOCK_MS } from "../../boot/session/check-in.ts";
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
  /**
   * Those that the server before this one took just before it ended, in their order: who keeps something
   * of them may not have come to it. They are to be recorded now.
   */
  takeUp(): readonly TakenReport[];
  /** Everybody who has heard of a report has kept what he wanted of it by now. */
  close(): Promise<void>;
}

interface Kept {
  readonly report: TakenReport;
  /** When it came, by the clock that tokens age by. */
  readonly takenMs: number;
  /** So long ago that whoever keeps something of it has. */
  readonly isTold?: boolean;
}

/** Sessions are written every five seconds. */
const TOLD_AFTER_MS = 15_000;

const strings = z.array(z.string());
const stored = z.object({
  takenMs: z.number(),
  isTold: z.boolean().optional(),
  report: z.object({
    peer: z.object({ address: z.string(), port: z.number() }),
    bootId: z.string(),
    mac: z.string(),
    host: z.string().optional(),
    generation: z.string(),
    checkIn: z.object({
      atMs: z.number(),
      // What cannot be written as a date is left out: the report counts all the same.
      clockMs: z.number().min(0).max(LAST_CLOCK_MS).optional().catch(undefined),
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
  /** When those were recorded that are not told for certain. */
  const heard = new Map<BootId, number>();
  let settling: NodeJS.Timeout | undefined;
  let isClosed = false;
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

  async function settle(afterMs: number): Promise<void> {
    settling = undefined;
    const due = [...heard].filter(([, heardMs]) => nowMs() - heardMs >= afterMs).map(([bootId]) => bootId);
    const entries = due.flatMap((key) => {
      const value = kept.get(key);
      return value === undefined ? [] : [{ kind: REPORT_KIND, key, value: { ...value, isTold: true } }];
    });
    if (entries.length > 0) await store.put(entries);
    for (const bootId of due) heard.delete(bootId);
  }

  function hear(bootId: BootId): void {
    heard.set(bootId, nowMs());
    settleLater();
  }

  function settleLater(): void {
    settling ??= setTimeout(async () => {
      // What is told again after a restart changes nothing.
      await settle(TOLD_AFTER_MS).catch(() => {});
      if (heard.size > 0 && !isClosed) settleLater();
    }, TOLD_AFTER_MS).unref();
  }

  return {
    takeUp() {
      const untold = [...kept.values()].filter(({ isTold }) => isTold !== true).map(({ report }) => report);
      for (const { bootId } of untold) hear(bootId);
      return untold;
    },
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
      hear(bootId);
      return true;
    },
    async close() {
      isClosed = true;
      clearTimeout(settling);
      await settle(0).catch(() => {});
    },
  };
}
