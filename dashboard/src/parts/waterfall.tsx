/** The stages of a boot against time, each beside what it takes as a rule. */

import type { SessionDetail, StepView } from "../../../src/web/schema/sessions.ts";
import { useNow } from "../shell/app.ts";
import { type Bar, type Chart, chartOf } from "../state/boot-detail.ts";
import { type StageKind, stageWords } from "../state/stages.ts";
import { bytesText, durationText, percentOf, rateText } from "../state/words.ts";

interface WaterfallProps {
  readonly boot: SessionDetail;
  /** Of the file that is being fetched, in bytes per second. */
  readonly rate: number | undefined;
}

const MOVING_MS = 250;
const STILL_MS = 3_600_000;

export function Waterfall({ boot, rate }: WaterfallProps) {
  const nowMs = useNow(boot.outcome === "under-way" ? MOVING_MS : STILL_MS);
  const chart = chartOf(boot, nowMs);
  const { boots } = boot.medians;
  return (
    <div class="card">
      <table class="waterfall">
        <caption class="unseen">Stages against time</caption>
        <thead>
          <tr>
            <th scope="col">Stage</th>
            <th scope="col" class="track">
              <span class="unseen">When</span>
              <Axis chart={chart} />
            </th>
            <th scope="col" class="number">
              Took
            </th>
            <th scope="col" class="number">
              As a rule
            </th>
            <th scope="col">What</th>
          </tr>
        </thead>
        <tbody>
          {chart.bars.map((bar, index) => (
            <Row key={index} bar={bar} chart={chart} rate={bar.isUnderWay ? rate : undefined} />
          ))}
        </tbody>
      </table>
      <Legend boots={boots} />
    </div>
  );
}

const KINDS: Readonly<Record<StageKind, string>> = {
  address: "asks for an address",
  program: "boot program and script",
  files: "kernel and initrd",
  system: "the system",
};

function Legend({ boots }: { readonly boots: number }) {
  return (
    <p class="legend">
      {Object.entries(KINDS).map(([kind, text]) => (
        <span key={kind}>
          <i class={kind} />
          {text}
        </span>
      ))}
      {boots === 0 ? (
        <span>no earlier boot that went well to hold it against</span>
      ) : (
        <span>
          <i class="median" />
          {boots === 1
            ? "as the one before that went well"
            : `as a rule: the median of ${boots} earlier boots`}
        </span>
      )}
    </p>
  );
}

function at(ms: number, { spanMs }: Chart): string {
  return `${(100 * ms) / spanMs}%`;
}

function Axis({ chart }: { readonly chart: Chart }) {
  const { ticksMs, usualMs } = chart;
  return (
    <span class="axis" aria-hidden="true">
      {ticksMs.map((ms) => (
        <span key={ms} class="tick" style={{ left: at(ms, chart) }}>
          {durationText(ms)}
        </span>
      ))}
      {usualMs === undefined ? undefined : (
        <span class="usual" style={{ left: at(usualMs, chart) }} title="everything fetched, as a rule" />
      )}
    </span>
  );
}

interface RowProps {
  readonly bar: Bar;
  readonly chart: Chart;
  readonly rate: number | undefined;
}

function Row({ bar, chart, rate }: RowProps) {
  const { step, fromMs, toMs, isUnderWay, medianMs } = bar;
  const { name, kind } = stageWords(step.stage);
  const tookMs = toMs - fromMs;
  const isSlow = medianMs !== undefined && tookMs > 1000 && tookMs > 2 * medianMs;
  const hasFailed = step.result !== undefined && step.result !== "complete" && step.result !== "probed";
  return (
    <tr class={hasFailed ? "failed" : isUnderWay ? "under-way" : undefined}>
      <th scope="row">{name}</th>
      <td class="track">
        {chart.ticksMs.map((ms) => (
          <span key={ms} class="line" style={{ left: at(ms, chart) }} />
        ))}
        <span
          class={`stage-bar ${kind}`}
          style={{ left: at(fromMs, chart), width: at(tookMs, chart) }}
          title={`from ${durationText(fromMs)} to ${durationText(toMs)}`}
        />
        {medianMs === undefined ? undefined : (
          <span class="median" style={{ left: at(fromMs, chart), width: at(medianMs, chart) }} />
        )}
      </td>
      <td class="number">{durationText(tookMs)}</td>
      <td class="number rule">
        {medianMs === undefined ? "" : durationText(medianMs)}
        {isSlow ? <span class="slow"> slower</span> : undefined}
      </td>
      <td class="what">{whatText(step, tookMs, isUnderWay, rate)}</td>
    </tr>
  );
}

const RATED_BYTES = 100_000;

function whatText(step: StepView, tookMs: number, isUnderWay: boolean, rate: number | undefined): string {
  const { path, sizeBytes, sentBytes, files, times, waitedSeconds, result, note } = step;
  const whole = sizeBytes ?? sentBytes ?? 0;
  const done = sentBytes ?? 0;
  const average = !isUnderWay && done >= RATED_BYTES && tookMs > 0 ? (done * 1000) / tookMs : undefined;
  const speed = isUnderWay ? rate : average;
  const size =
    whole === 0 || step.stage === "size-probe"
      ? undefined
      : done < whole && step.end === undefined
        ? `${percentOf(done, whole)} % of ${bytesText(whole)}`
        : bytesText(done === 0 ? whole : done);
  return [
    path?.replace(/^.*\//, ""),
    size,
    speed === undefined ? undefined : rateText(speed),
    files === undefined || files < 2 ? undefined : `${files} files`,
    times === undefined || times < 2 ? undefined : `asked ${times} times`,
    waitedSeconds === undefined ? undefined : `had waited ${waitedSeconds} s`,
    result === undefined || result === "complete" || result === "probed" ? undefined : result,
    note,
  ]
    .filter((part) => part !== undefined)
    .join(", ");
}
