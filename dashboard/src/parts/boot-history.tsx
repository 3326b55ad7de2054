/** A picture of how long the boots of a host took over weeks, and the same as a table. */

import { useMemo, useState } from "preact/hooks";
import type { BootTimesView } from "../../../src/web/schema/sessions.ts";
import { useAnswer, useNow, useSelect } from "../shell/app.ts";
import { useCalm } from "../shell/use-calm.ts";
import { useWidth } from "../shell/use-width.ts";
import { type BootHistory, bootHistory, type Dot } from "../state/boot-history.ts";
import { withNews } from "../state/boot-list.ts";
import { durationText, momentText } from "../state/words.ts";
import { Outcome, outcomeWord } from "./outcome.tsx";

const WEEKS = 8;
const CALM_MS = 2000;
/** Fewer are no picture. */
const FEW = 3;

export function HostHistory({ name }: { readonly name: string }) {
  const live = useCalm(
    useSelect((state) => state.boots),
    CALM_MS,
  );
  const version = useSelect((state) => state.loads);
  const path = `/hosts/${encodeURIComponent(name)}/boot-times?weeks=${WEEKS}`;
  const { value } = useAnswer<BootTimesView>(path, version);
  const nowMs = useNow(60_000);
  const [isOpen, setOpen] = useState(false);
  const boots = value === undefined ? [] : withNews(value.boots, live.values(), { host: name });
  // Whenever any host boots there is news; a picture of a thousand boots is drawn anew when it is another one.
  const drawn = boots.map(({ id, outcome, fetchedAfterMs }) => `${id} ${outcome} ${fetchedAfterMs}`).join();
  // biome-ignore lint/correctness/useExhaustiveDependencies: the boots are another list each time.
  const history = useMemo(() => bootHistory(boots, nowMs), [drawn, nowMs]);
  const picture = useMemo(() => history && <Picture history={history} />, [history]);
  if (value === undefined || history === undefined || boots.length < FEW) return undefined;
  return (
    <section aria-labelledby="times">
      <h2 id="times">Boot times</h2>
      <p class="fine">
        From the first packet until everything was fetched, for{" "}
        {value.isCut
          ? `the last ${boots.length} boots`
          : `all ${boots.length} boots of the last ${WEEKS} weeks`}
        ; the line is the median of nine.
      </p>
      {picture}
      <Key />
      <details onToggle={({ currentTarget }) => setOpen(currentTarget.open)}>
        <summary>As a table</summary>
        {isOpen ? <HistoryTable history={history} /> : undefined}
      </details>
    </section>
  );
}

const HEIGHT = 220;
/** Before it was measured, or where there is no room. */
const MIN_WIDTH = 120;
const LEFT = 54;
const RIGHT = 12;
const BOTTOM = 22;
/** Above the times: those that never got everything. */
const LANE = 26;

interface Scale {
  x(atMs: number): number;
  y(ms: number): number;
}

function Picture({ history }: { readonly history: BootHistory }) {
  const [holder, width] = useWidth<HTMLDivElement>();
  const { dots, median, fromMs, toMs, topMs, ticksMs, datesMs } = history;
  const scale: Scale = {
    x: (atMs) => LEFT + ((atMs - fromMs) / Math.max(1, toMs - fromMs)) * (width - LEFT - RIGHT),
    y: (ms) => HEIGHT - BOTTOM - (ms / topMs) * (HEIGHT - BOTTOM - LANE),
  };
  const line = median.map(({ atMs, ms }) => `${scale.x(atMs)},${scale.y(ms)}`).join(" ");
  return (
    <div class="picture" ref={holder}>
      {width < MIN_WIDTH ? undefined : (
        // All of it stands in the table, and is reached there by keys.
        <svg width={width} height={HEIGHT} aria-hidden="true">
          <rect class="lane" x={LEFT} y={0} width={width - LEFT - RIGHT} height={LANE - 6} />
          <text class="chart-text" x={LEFT - 8} y={LANE / 2} text-anchor="end">
            never
          </text>
          {ticksMs.map((ms) => (
            <g key={ms}>
              <line class="grid" x1={LEFT} x2={width - RIGHT} y1={scale.y(ms)} y2={scale.y(ms)} />
              <text class="chart-text" x={LEFT - 8} y={scale.y(ms) + 4} text-anchor="end">
                {durationText(ms)}
              </text>
            </g>
          ))}
          {datesMs.map((ms, at) => (
            <text
              key={ms}
              class="chart-text"
              x={scale.x(ms)}
              y={HEIGHT - 4}
              text-anchor={at === 0 ? "start" : at === datesMs.length - 1 ? "end" : "middle"}
            >
              {new Date(ms).toLocaleDateString(undefined, { month: "short", day: "numeric" })}
            </text>
          ))}
          <polyline class="median-line" points={line} />
          {dots.map((dot) => (
            <DotLink key={dot.id} dot={dot} scale={scale} />
          ))}
        </svg>
      )}
    </div>
  );
}

function DotLink({ dot, scale }: { readonly dot: Dot; readonly scale: Scale }) {
  const { id, outcome, atMs, tookMs, soFarMs } = dot;
  const took = tookMs === undefined ? "" : ` after ${durationText(tookMs)}`;
  const heightMs = tookMs ?? soFarMs;
  const [x, y] = [scale.x(atMs), heightMs === undefined ? LANE / 2 - 3 : scale.y(heightMs)];
  return (
    <a href={`/boots/${id}`} tabindex={-1} class={`dot ${outcome}`}>
      <g transform={`translate(${x} ${y})`}>
        <title>{`${momentText(atMs)}: ${outcomeWord(outcome)}${took}`}</title>
        <circle class="hit" r={9} />
        <path d={SHAPES[outcome]} />
      </g>
    </a>
  );
}

/** Told apart without their colours too. */
const SHAPES: Readonly<Record<Dot["outcome"], string>> = {
  "checked-in": "M-4 0a4 4 0 1 0 8 0a4 4 0 1 0 -8 0z",
  "handed-over": "M0 -5L5 0L0 5L-5 0z",
  failed: "M-4 -4L4 4M4 -4L-4 4",
  "turned-away": "M0 -5L5 4L-5 4z",
  "under-way": "M-4 -4H4V4H-4z",
};

const OUTCOMES = ["checked-in", "handed-over", "failed", "turned-away", "under-way"] as const;

function Key() {
  return (
    <ul class="key" aria-hidden="true">
      {OUTCOMES.map((outcome) => (
        <li key={outcome}>
          <svg width="14" height="14" viewBox="-7 -7 14 14" class={`dot ${outcome}`} aria-hidden="true">
            <path d={SHAPES[outcome]} />
          </svg>
          {outcomeWord(outcome)}
        </li>
      ))}
    </ul>
  );
}

function tookText(outcome: Dot["outcome"], tookMs: number | undefined): string {
  if (tookMs !== undefined) return durationText(tookMs);
  return outcome === "under-way" ? "not yet" : "never";
}

function HistoryTable({ history: { dots } }: { readonly history: BootHistory }) {
  return (
    <table class="plain">
      <caption class="unseen">Boots and how long they took</caption>
      <thead>
        <tr>
          <th scope="col">Began</th>
          <th scope="col">Outcome</th>
          <th scope="col">Everything fetched after</th>
        </tr>
      </thead>
      <tbody>
        {dots.toReversed().map(({ id, atMs, outcome, tookMs }) => (
          <tr key={id}>
            <th scope="row">
              <a href={`/boots/${id}`}>{momentText(atMs)}</a>
            </th>
            <td>
              <Outcome outcome={outcome} />
            </td>
            <td class="number">{tookText(outcome, tookMs)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
