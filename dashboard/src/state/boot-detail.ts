/** A boot as it was asked for, with what was heard of it since; and where its stages stand against time. Pure. */

import type { MediansView, SessionDetail, StepView } from "../../../src/web/schema/sessions.ts";
import type { Boot } from "./state.ts";

/** What was heard counts, but for what only the answer tells. */
export function detailNow(asked: SessionDetail, heard: Boot | undefined): SessionDetail {
  if (heard?.steps === undefined || heard.last < asked.last) return asked;
  const {
    steps,
    step: _step,
    counted: _counted,
    bytesPerSecond: _rate,
    diagnosis: _diagnosis,
    ...row
  } = heard;
  return { ...asked, ...row, steps: [...steps] };
}

/** One stage against time; all in milliseconds since the boot began. */
export interface Bar {
  readonly step: StepView;
  readonly fromMs: number;
  /** Where it goes on: now. */
  readonly toMs: number;
  readonly isUnderWay: boolean;
  /** What the stage takes as a rule. */
  readonly medianMs?: number | undefined;
}

export interface Chart {
  readonly bars: readonly Bar[];
  /** All that is shown, from 0. */
  readonly spanMs: number;
  readonly ticksMs: readonly number[];
  /** When everything is fetched as a rule. */
  readonly usualMs?: number | undefined;
}

/** @param nowMs - by the server's clock, as far as it is known */
export function chartOf(boot: SessionDetail, nowMs: number): Chart {
  const startMs = Date.parse(boot.start);
  const heardMs = Date.parse(boot.last) - startMs;
  const elapsedMs = boot.outcome === "under-way" ? Math.max(heardMs, nowMs - startMs) : heardMs;
  const medians = new Map(boot.medians.stages.map(({ stage, medianMs }) => [stage, medianMs]));
  const bars = boot.steps.map((step): Bar => {
    const fromMs = Date.parse(step.start) - startMs;
    const isUnderWay = step.end === undefined && boot.outcome === "under-way";
    const toMs = step.end === undefined ? Math.max(fromMs, elapsedMs) : Date.parse(step.end) - startMs;
    return { step, fromMs, toMs, isUnderWay, medianMs: medians.get(step.stage) };
  });
  const ends = bars.map(({ fromMs, toMs, medianMs = 0 }) => Math.max(toMs, fromMs + medianMs));
  const usualMs = usualOf(boot.medians);
  const spanMs = Math.max(1000, elapsedMs, usualMs ?? 0, ...ends);
  return { bars, spanMs, ticksMs: ticksOf(spanMs), usualMs };
}

function usualOf({ totalMs }: MediansView): number | undefined {
  return totalMs;
}

const STEPS_MS = [
  ...[100, 200, 500, 1000, 2000, 5000, 10_000, 15_000, 30_000, 60_000, 120_000, 300_000],
  ...[600_000, 1_800_000, 3_600_000, 7_200_000, 21_600_000, 86_400_000],
];
const MOST_TICKS = 6;

/** Round times, not more than can be told apart. */
export function ticksOf(spanMs: number): readonly number[] {
  const step = STEPS_MS.find((each) => spanMs / each <= MOST_TICKS) ?? spanMs;
  return Array.from({ length: Math.floor(spanMs / step) + 1 }, (_, index) => index * step);
}
