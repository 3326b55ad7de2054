import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { Build, BuildReason, BuildSettings } from "../../../src/boot/build/build.ts";
import { type BuildClock, startBuildClock } from "../../../src/io/builds/build-clock.ts";

const HOUR = 3_600_000;
const START = Date.parse("2026-01-10T00:30:00Z");

let clock: BuildClock | undefined;
beforeEach(() => vi.useFakeTimers({ now: START }));
afterEach(() => {
  clock?.close();
  vi.useRealTimers();
});

/** What is wanted, with the hour at which it was. */
async function run(schedule: BuildSettings["schedule"], lastMs?: number) {
  const wanted: string[] = [];
  const disk = { isFailing: false };
  const latest = new Map<string, Build>();
  const ran = (host: string, startMs: number): Build => ({
    ...{ id: "1", host, installable: "x", reason: "asked", state: "built", log: [] },
    ...{ queuedMs: startMs, startMs },
  });
  if (lastMs !== undefined) latest.set("beta", ran("beta", lastMs));
  const settings = { nix: "nix", parallel: 1, args: [], timeLimitMs: 1, ...(schedule && { schedule }) };
  const builds = {
    config: () => ({ settings, targets: [{ host: "beta", installable: "x", outLink: "/x" }] }),
    async latest() {
      if (disk.isFailing) throw new Error("disk I/O error");
      return latest;
    },
    async want(host: string, reason: BuildReason) {
      wanted.push(`${reason} ${host} ${(Date.now() - START) / HOUR}`);
      latest.set(host, ran(host, Date.now()));
      return { type: "refused", reason: "", cure: "" } as const;
    },
  };
  clock = await startBuildClock({
    builds,
    onError: (error) => wanted.push(String(error)),
    offsetMs: () => 0,
    // Thousands of looks take minutes on a busy machine: each lets everything else have its turn.
    lookEveryMs: HOUR / 4,
  });
  return { wanted, clock, disk, build: (startMs: number) => latest.set("beta", ran("beta", startMs)) };
}

test("what was never built is built at once, and then every so often", async () => {
  const { wanted } = await run({ type: "every", everyMs: 6 * HOUR });
  await vi.advanceTimersByTimeAsync(13 * HOUR);
  expect(wanted).toEqual(["schedule beta 0", "schedule beta 6", "schedule beta 12"]);
});

test("after a restart it goes on where it was", async () => {
  const { wanted, clock } = await run({ type: "every", everyMs: 6 * HOUR }, START - 4 * HOUR);
  expect(clock.nextMs("beta")).toBe(START + 2 * HOUR);
  await vi.advanceTimersByTimeAsync(3 * HOUR);
  expect(wanted).toEqual(["schedule beta 2"]);
});

test("what somebody had built meanwhile is not built again at once", async () => {
  const { wanted, build } = await run({ type: "every", everyMs: 6 * HOUR }, START);
  await vi.advanceTimersByTimeAsync(5 * HOUR);
  build(START + 5 * HOUR);
  await vi.advanceTimersByTimeAsync(7 * HOUR);
  expect(wanted).toEqual(["schedule beta 11"]);
});

test("at times of day it is built at these, and never because the server started", async () => {
  const { wanted } = await run({ type: "at", minutes: [4 * 60, 16 * 60] });
  await vi.advanceTimersByTimeAsync(30 * HOUR);
  expect(wanted).toEqual(["schedule beta 3.5", "schedule beta 15.5", "schedule beta 27.5"]);
});

test("without a schedule nothing is built", async () => {
  const { wanted, clock } = await run(undefined);
  await vi.advanceTimersByTimeAsync(100 * HOUR);
  expect(wanted).toEqual([]);
  expect(clock.nextMs("beta")).toBeUndefined();
});

test("a read of the last builds that fails ends no schedule, and is not tried without a pause", async () => {
  const { wanted, disk } = await run({ type: "every", everyMs: 6 * HOUR }, START);
  await vi.advanceTimersByTimeAsync(5.9 * HOUR);
  disk.isFailing = true;
  await vi.advanceTimersByTimeAsync(HOUR / 2);
  expect(wanted).toEqual(["Error: disk I/O error", "Error: disk I/O error"]);
  disk.isFailing = false;
  await vi.advanceTimersByTimeAsync(7 * HOUR);
  expect(wanted.slice(2)).toEqual(["schedule beta 6.5", "schedule beta 12.5"]);
});

test("a new configuration during such a failure is gone by once it is over", async () => {
  const { wanted, disk, clock } = await run({ type: "every", everyMs: 6 * HOUR }, START);
  disk.isFailing = true;
  await expect(clock.reset()).rejects.toThrow("disk I/O error");
  disk.isFailing = false;
  await vi.advanceTimersByTimeAsync(7 * HOUR);
  expect(wanted).toEqual(["schedule beta 6"]);
});
