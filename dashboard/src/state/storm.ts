/** How many machines were in which part of their boot, over time. Pure. */

import type { StagesView } from "../../../src/web/schema/sessions.ts";
import type { Boot } from "./state.ts";

/** A boot with as much of its stages as a picture of many needs. */
export type StagedBoot = StagesView["boots"][number];

/** Stages that are shown as one, in the order of a boot. */
export const BANDS = [
  { key: "address", name: "Asks for an address", stages: ["firmware-dhcp", "proxy-dhcp", "ipxe-dhcp"] },
  {
    key: "program",
    name: "Boot program",
    stages: ["pi-firmware", "size-probe", "boot-program", "autoexec"],
  },
  { key: "script", name: "Script", stages: ["script"] },
  { key: "kernel", name: "Kernel", stages: ["kernel"] },
  { key: "image", name: "Initrd or image", stages: ["initrd", "image"] },
  { key: "system", name: "System starts", stages: ["kernel-dhcp", "check-in"] },
] as const;

export interface Storm {
  /** Milliseconds since the epoch, evenly; the last one is now. */
  readonly timesMs: readonly number[];
  /** For each of {@link BANDS}: how many machines were in it at each time. */
  readonly counts: readonly (readonly number[])[];
  /** Of the boots of which something was seen in that time. */
  readonly outcomes: Readonly<Record<StagedBoot["outcome"], number>>;
}

export const STORM_POINTS = 181;
const SYSTEM = BANDS.findIndex(({ key }) => key === "system");

/** @param spanMs - that long until now */
export function stormOf(boots: Iterable<StagedBoot>, nowMs: number, spanMs: number): Storm {
  const stepMs = spanMs / (STORM_POINTS - 1);
  const fromMs = nowMs - spanMs;
  const timesMs = Array.from({ length: STORM_POINTS }, (_, at) => fromMs + at * stepMs);
  const changes = BANDS.map(() => new Array<number>(STORM_POINTS + 1).fill(0));
  const outcomes = { "under-way": 0, "handed-over": 0, "checked-in": 0, failed: 0, "turned-away": 0 };
  /** The first time that is not before this moment. */
  const placeOf = (ms: number) =>
    Math.min(STORM_POINTS, Math.max(0, Math.ceil((ms - fromMs) / stepMs - 1e-9)));
  for (const boot of boots) {
    // Bytes alone are no news of a boot: what is under way is, whenever it was heard of.
    if (boot.outcome !== "under-way" && Date.parse(boot.last) < fromMs) continue;
    outcomes[boot.outcome] += 1;
    for (const { band, startMs, endMs } of spansOf(boot, nowMs)) {
      const row = changes[band];
      const [start, end] = [placeOf(startMs), placeOf(endMs)];
      if (row === undefined || end <= start) continue;
      row[start] = (row[start] ?? 0) + 1;
      row[end] = (row[end] ?? 0) - 1;
    }
  }
  return { timesMs, counts: changes.map(summed), outcomes };
}

function summed(changes: readonly number[]): readonly number[] {
  let sum = 0;
  return changes.slice(0, STORM_POINTS).map((change) => {
    sum += change;
    return sum;
  });
}

interface Span {
  readonly band: number;
  readonly startMs: number;
  readonly endMs: number;
}

/** A stage lasts until the next one; what has fetched everything and comes up later was starting its system. */
function spansOf({ outcome, last, steps }: StagedBoot, nowMs: number): readonly Span[] {
  // What goes on counts now too: the clocks of who looks and of the server may differ.
  const overMs = outcome === "under-way" ? Number.POSITIVE_INFINITY : Date.parse(last);
  return steps.flatMap(({ stage, start, end }, at): readonly Span[] => {
    const band = bandOf(stage);
    const next = steps[at + 1];
    const startMs = Math.min(Date.parse(start), nowMs);
    const untilMs = next === undefined ? overMs : Math.max(startMs, Date.parse(next.start));
    const isSystemNext = next !== undefined && bandOf(next.stage) === SYSTEM && band !== SYSTEM;
    if (!isSystemNext || end === undefined) return [{ band, startMs, endMs: untilMs }];
    const endMs = Math.min(Date.parse(end), untilMs);
    return [
      { band, startMs, endMs },
      { band: SYSTEM, startMs: endMs, endMs: untilMs },
    ];
  });
}

/** What a newer server may call otherwise counts as the boot program's. */
function bandOf(stage: string): number {
  const found = BANDS.findIndex(({ stages }) => (stages as readonly string[]).includes(stage));
  return found < 0 ? 1 : found;
}

/** What was asked for, with what was heard since. */
export function stormBoots(asked: readonly StagedBoot[], heard: Iterable<Boot>): readonly StagedBoot[] {
  const all = new Map(asked.map((boot) => [boot.id, boot]));
  for (const { id, outcome, start, last, steps } of heard) {
    const before = all.get(id);
    if (steps === undefined) {
      if (before !== undefined) all.set(id, { ...before, outcome, last });
    } else if (before === undefined || last >= before.last)
      all.set(id, { ...{ id, outcome, start, last }, steps: [...steps] });
  }
  return [...all.values()];
}

/** Each band on top of those before it. */
export function stacked(counts: Storm["counts"]): readonly (readonly number[])[] {
  let below: readonly number[] = [];
  return counts.map((row) => {
    below = row.map((count, at) => count + (below[at] ?? 0));
    return below;
  });
}
