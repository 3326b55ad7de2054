/** Wants builds when they are due by the clock. */

import type { Build } from "../../boot/build/build.ts";
import { type BuildSchedule, type LocalOffset, nextBuildMs } from "../../boot/build/schedule.ts";
import type { HostName } from "../../boot/host.ts";
import type { Builds } from "./builds.ts";

export interface BuildClock {
  /** When a host is built next without being asked, in milliseconds since the epoch; absent: never. */
  nextMs(host: HostName): number | undefined;
  /** The configuration has changed. */
  reset(): Promise<void>;
  close(): void;
}

export interface ClockOptions {
  readonly builds: Pick<Builds, "config" | "want" | "latest">;
  readonly onError: (error: unknown) => void;
  /** Milliseconds since the epoch. */
  readonly now?: () => number;
  readonly offsetMs?: LocalOffset;
  readonly lookEveryMs?: number;
}

/** Looked at so often, since the clock may be set and the machine may sleep. */
const LOOK_EVERY_MS = 30_000;
const MS_PER_MINUTE = 60_000;

export async function startBuildClock(options: ClockOptions): Promise<BuildClock> {
  const { builds, onError, now = Date.now, offsetMs = localOffsetMs } = options;
  const { lookEveryMs = LOOK_EVERY_MS } = options;
  let due = new Map<HostName, number>();
  let timer: NodeJS.Timeout | undefined;
  let isClosed = false;
  /** Not while what was built last is being read, and not after that failed. */
  let isPlanned = false;

  function plan(schedule: BuildSchedule, host: HostName, lastMs: number | undefined): void {
    due.set(host, nextBuildMs(schedule, now(), lastMs, offsetMs));
  }
  async function planAll(): Promise<void> {
    due = new Map();
    if (builds.config().settings.schedule === undefined) return;
    const latest = await builds.latest();
    const { settings, targets } = builds.config();
    if (settings.schedule === undefined) return;
    for (const { host } of targets) plan(settings.schedule, host, begunMs(latest.get(host)));
  }
  async function wantDue(): Promise<void> {
    const { schedule } = builds.config().settings;
    const isDue = [...due].filter(([, atMs]) => atMs <= now()).map(([host]) => host);
    const latest = isDue.length === 0 ? undefined : await builds.latest();
    for (const host of isDue) {
      if (schedule === undefined) break;
      // Somebody may have had it built meanwhile.
      if (schedule.type === "every") plan(schedule, host, begunMs(latest?.get(host)));
      if (schedule.type === "every" && (due.get(host) ?? 0) > now()) continue;
      plan(schedule, host, now());
      await builds.want(host, "schedule");
    }
  }
  async function reset(): Promise<void> {
    isPlanned = false;
    try {
      await planAll();
      isPlanned = true;
    } finally {
      arm();
    }
  }
  async function look(): Promise<void> {
    if (!isPlanned) return reset();
    let againMs = lookEveryMs;
    try {
      await wantDue();
      againMs = 0;
    } finally {
      arm(againMs);
    }
  }
  /** @param leastMs - what is due already and could not be wanted is not tried again and again */
  function arm(leastMs = 0): void {
    clearTimeout(timer);
    if (isClosed || (isPlanned && due.size === 0)) return;
    const firstMs = isPlanned ? Math.min(...due.values()) : Number.POSITIVE_INFINITY;
    const waitMs = Math.min(lookEveryMs, Math.max(leastMs, firstMs - now()));
    timer = setTimeout(() => look().catch(onError), waitMs);
  }
  // The server has more to do than builds.
  await reset().catch(onError);
  return {
    nextMs: (host) => due.get(host),
    reset,
    close() {
      isClosed = true;
      clearTimeout(timer);
    },
  };
}

function begunMs(build: Build | undefined): number | undefined {
  return build === undefined ? undefined : (build.startMs ?? build.queuedMs);
}

function localOffsetMs(atMs: number): number {
  return -new Date(atMs).getTimezoneOffset() * MS_PER_MINUTE;
}
