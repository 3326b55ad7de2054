/** How long the boots of a host took over weeks, as places in a picture. Pure. */

import type { BootTimesView } from "../../../src/web/schema/sessions.ts";
import { ticksOf } from "./boot-detail.ts";

export type BootTime = BootTimesView["boots"][number];

export interface Dot {
  readonly id: string;
  readonly outcome: BootTime["outcome"];
  /** When it began, in milliseconds since the epoch. */
  readonly atMs: number;
  /** Until it had everything; absent: it never did. */
  readonly tookMs?: number;
  /** While it is under way: how long that takes so far, as far as the picture reaches. */
  readonly soFarMs?: number;
}

export interface BootHistory {
  /** The oldest first. */
  readonly dots: readonly Dot[];
  /** The median of a boot and those before it, for each that got everything. */
  readonly median: readonly { readonly atMs: number; readonly ms: number }[];
  readonly fromMs: number;
  readonly toMs: number;
  /** What the highest place stands for. */
  readonly topMs: number;
  /** Round times, from 0. */
  readonly ticksMs: readonly number[];
  /** Moments at the lower edge. */
  readonly datesMs: readonly number[];
}

/** So many boots tell what is usual, and few enough that a change shows. */
const WINDOW = 9;
const MIN_SPAN_MS = 3_600_000;
const DATES = 5;

/** @param boots - in any order. @returns `undefined` where there is none */
export function bootHistory(boots: readonly BootTime[], nowMs: number): BootHistory | undefined {
  const bare = boots.map(dotOf).sort((a, b) => a.atMs - b.atMs);
  const [first] = bare;
  if (first === undefined) return undefined;
  const times = bare.flatMap(({ tookMs }) => tookMs ?? []);
  const highest = Math.max(1000, ...times) * 1.05;
  const ticksMs = ticksOf(highest);
  const dots = bare.map((dot) => soFar(dot, nowMs, highest));
  const toMs = Math.max(nowMs, dots.at(-1)?.atMs ?? nowMs);
  const fromMs = Math.min(first.atMs, toMs - MIN_SPAN_MS);
  const datesMs = Array.from({ length: DATES }, (_, at) => fromMs + ((toMs - fromMs) * at) / (DATES - 1));
  return { dots, median: medianLine(dots), fromMs, toMs, topMs: highest, ticksMs, datesMs };
}

function dotOf({ id, outcome, start, fetchedAfterMs }: BootTime): Dot {
  return {
    ...{ id, outcome, atMs: Date.parse(start) },
    ...(fetchedAfterMs === undefined ? {} : { tookMs: fetchedAfterMs }),
  };
}

function soFar(dot: Dot, nowMs: number, highestMs: number): Dot {
  if (dot.outcome !== "under-way" || dot.tookMs !== undefined) return dot;
  return { ...dot, soFarMs: Math.min(highestMs, Math.max(0, nowMs - dot.atMs)) };
}

function medianLine(dots: readonly Dot[]): BootHistory["median"] {
  const timed = dots.flatMap(({ atMs, tookMs }) => (tookMs === undefined ? [] : { atMs, tookMs }));
  return timed.map(({ atMs }, at) => ({
    atMs,
    ms: medianOf(timed.slice(Math.max(0, at - WINDOW + 1), at + 1).map(({ tookMs }) => tookMs)),
  }));
}

/** @param values - at least one */
export function medianOf(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? 0;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? upper) + upper) / 2;
}
