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

  function plan(schedule: BuildSchedule, host: HostName, lastMs: number | undefined): void {
    due.set(host, nextBuildMs(schedule, now(), lastMs, offsetMs));
  }
  async function reset(): Promise<void> {
    const { settings, targets } = builds.config();
    const { schedule } = settings;
    due = new Map();
    if (schedule === undefined) return arm();
    const latest = await builds.latest();
    for (const { host } of targets) plan(schedule, host, begunMs(latest.get(host)));
    arm();
  }
  async function look(): Promise<void> {
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
    arm();
  }
  function arm(): void {
    clearTimeout(timer);
    if (isClosed || due.size === 0) return;
    const firstMs = Math.min(...due.values());
    const waitMs = Math.min(lookEveryMs, Math.max(0, firstMs - now()));
    timer = setTimeout(() => look().catch(onError), waitMs);
  }
  await reset();
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
