/** How long the stages of a boot take as a rule: what one boot is held against. Pure. */

import type { Session, SessionStage } from "./session.ts";

export interface StageMedian {
  /** In milliseconds. */
  readonly medianMs: number;
  /** Of how many boots. */
  readonly boots: number;
}

export interface BootMedians {
  /** Of how many boots. */
  readonly boots: number;
  /** From the first packet until everything was fetched; absent where no boot came so far. */
  readonly totalMs?: number;
  /** Stages that at least one of them went through, in the order of an ordinary boot. */
  readonly stages: ReadonlyMap<SessionStage, StageMedian>;
}

/** In the order of an ordinary boot. */
export const STAGES: readonly SessionStage[] = [
  ...(["firmware-dhcp", "proxy-dhcp", "pi-firmware", "size-probe", "boot-program", "autoexec"] as const),
  ...(["ipxe-dhcp", "script", "kernel", "initrd", "image", "kernel-dhcp", "check-in"] as const),
];

const FETCHING: ReadonlySet<SessionStage> = new Set(["kernel", "initrd", "image"]);

/**
 * The medians of boots that went well; the others say nothing of how long one takes.
 *
 * A stage that a boot went through several times counts with all of its times together.
 */
export function bootMedians(sessions: readonly Session[]): BootMedians {
  const booted = sessions.filter(({ outcome }) => outcome === "handed-over" || outcome === "checked-in");
  const times = booted.map(stageTimes);
  const stages = STAGES.flatMap((stage) => {
    const all = times.flatMap((each) => each.get(stage) ?? []);
    return all.length === 0 ? [] : [[stage, { medianMs: median(all), boots: all.length }] as const];
  });
  const totals = booted.flatMap((session) => fetchedAfterMs(session) ?? []);
  return {
    boots: booted.length,
    ...(totals.length === 0 ? {} : { totalMs: median(totals) }),
    stages: new Map(stages),
  };
}

/** How long a boot has spent in each stage, in milliseconds; what is under way does not count. */
export function stageTimes({ steps }: Session): ReadonlyMap<SessionStage, number> {
  const times = new Map<SessionStage, number>();
  for (const { stage, startMs, endMs } of steps)
    if (endMs !== undefined) times.set(stage, (times.get(stage) ?? 0) + endMs - startMs);
  return times;
}

/** From the first packet until the last file was there, in milliseconds; `undefined` where none was. */
export function fetchedAfterMs({ startMs, steps }: Session): number | undefined {
  const last = steps.findLast(({ stage, endMs }) => FETCHING.has(stage) && endMs !== undefined);
  return last?.endMs === undefined ? undefined : last.endMs - startMs;
}

/** @param values - at least one */
function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length / 2;
  const [low = 0, high = low] = [sorted[Math.ceil(middle) - 1], sorted[Math.floor(middle)]];
  return Math.round((low + high) / 2);
}
