/** `/storm`: how many machines are in which part of their boot, now and in the last minutes. */

import { useEffect, useRef } from "preact/hooks";
import type { StagesView } from "../../../src/web/schema/sessions.ts";
import { Fault, Waiting } from "../parts/answer.tsx";
import type { StormChart } from "../parts/storm-chart.ts";
import { useAnswer, useApp, useNow, usePlace, useSelect } from "../shell/app.ts";
import type { Page } from "../shell/page.ts";
import { useWidth } from "../shell/use-width.ts";
import { BANDS, type Storm, stormBoots, stormOf } from "../state/storm.ts";

export const stormPage: Page = { path: "/storm", menu: "Storm", title: () => "Boot storm", View: StormView };

const SPANS = [5, 15, 60] as const;
const EVERY_MS = 1000;

function StormView() {
  const { navigation, store } = useApp();
  const wanted = usePlace().query.get("minutes");
  const minutes = SPANS.find((each) => String(each) === wanted) ?? 15;
  const loads = useSelect((state) => state.loads);
  const { value, error, again } = useAnswer<StagesView>(`/stages?minutes=${minutes}`, loads);
  const nowMs = useNow(EVERY_MS);
  if (error !== undefined) return <Fault error={error} again={again} />;
  if (value === undefined) return <Waiting what="boots" />;
  // Drawn once a second, however much happens meanwhile.
  const storm = stormOf(stormBoots(value.boots, store.now().boots.values()), nowMs, minutes * 60_000);
  return (
    <>
      <header class="page-head">
        <h1>Machines that boot</h1>
        <fieldset class="chips">
          <legend class="unseen">The last</legend>
          {SPANS.map((each) => (
            <button
              type="button"
              key={each}
              class="chip"
              aria-pressed={each === minutes}
              onClick={() => navigation.ask({ minutes: each === 15 ? undefined : String(each) })}
            >
              {each} minutes
            </button>
          ))}
        </fieldset>
      </header>
      <p>{outcomesText(storm, minutes)}</p>
      {value.isCut ? <p class="fine">There were more boots than are shown.</p> : undefined}
      <Chart storm={storm} />
      <StormTable storm={storm} />
    </>
  );
}

function outcomesText({ outcomes }: Storm, minutes: number): string {
  const { failed } = outcomes;
  const parts = [
    `${outcomes["under-way"]} boot now`,
    `${outcomes["checked-in"]} came up`,
    outcomes["handed-over"] === 0 ? undefined : `${outcomes["handed-over"]} have everything`,
    failed === 0 ? undefined : `${failed} failed`,
    outcomes["turned-away"] === 0 ? undefined : `${outcomes["turned-away"]} were turned away`,
  ];
  return `In the last ${minutes} minutes: ${parts.filter(Boolean).join(", ")}.`;
}

/** What draws it is loaded when somebody looks. */
function Chart({ storm }: { readonly storm: Storm }) {
  const [holder, width] = useWidth<HTMLDivElement>();
  const chart = useRef<StormChart>(undefined);
  const latest = useRef({ storm, width });
  latest.current = { storm, width };
  useEffect(() => {
    let isGone = false;
    void import("../parts/storm-chart.ts").then(({ createStormChart }) => {
      if (isGone || holder.current === null) return;
      chart.current = createStormChart(holder.current, latest.current.width);
      chart.current.show(latest.current.storm);
    });
    return () => {
      isGone = true;
      chart.current?.close();
    };
  }, [holder]);
  useEffect(() => chart.current?.show(storm), [storm]);
  useEffect(() => chart.current?.resize(width), [width]);
  return <div class="picture storm" ref={holder} aria-hidden="true" />;
}

function StormTable({ storm: { counts } }: { readonly storm: Storm }) {
  const rows = BANDS.map((band, at) => ({ ...band, row: counts[at] ?? [] }));
  return (
    <table class="plain storm-table">
      <caption class="unseen">Machines by what they do</caption>
      <thead>
        <tr>
          <th scope="col">What they do</th>
          <th scope="col">Now</th>
          <th scope="col">Most at once</th>
        </tr>
      </thead>
      <tbody>
        {rows.toReversed().map(({ key, name, row }) => (
          <tr key={key}>
            <th scope="row">
              <span class={`swatch ${key}`} aria-hidden="true" />
              {name}
            </th>
            <td class="number">{row.at(-1) ?? 0}</td>
            <td class="number">{Math.max(0, ...row)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
