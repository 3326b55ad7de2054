/** Draws how many machines were in which part of their boot, on a canvas that follows the colours of the page. */

import uPlot from "uplot";
import { BANDS, type Storm, stacked } from "../state/storm.ts";

export interface StormChart {
  show(storm: Storm): void;
  resize(width: number): void;
  close(): void;
}

const HEIGHT = 300;

/** @param holder - where it stands, and whose colours it takes */
export function createStormChart(holder: HTMLElement, width: number): StormChart {
  let last: Storm | undefined;
  let plot = makePlot(holder, width);
  function show(storm: Storm): void {
    last = storm;
    plot.setData(dataOf(storm));
  }
  function recolour(): void {
    const { width: now } = plot;
    plot.destroy();
    plot = makePlot(holder, now);
    if (last !== undefined) show(last);
  }
  const scheme = matchMedia("(prefers-color-scheme: dark)");
  scheme.addEventListener("change", recolour);
  const observer = new MutationObserver(recolour);
  observer.observe(document.documentElement, { attributeFilter: ["data-theme"] });
  return {
    show,
    resize: (next) => plot.setSize({ width: next, height: HEIGHT }),
    close() {
      scheme.removeEventListener("change", recolour);
      observer.disconnect();
      plot.destroy();
    },
  };
}

/** The whole first, so that what is painted over it leaves each band its part. */
function dataOf({ timesMs, counts }: Storm): uPlot.AlignedData {
  const rows = stacked(counts).toReversed();
  return [timesMs.map((ms) => ms / 1000), ...rows.map((row) => [...row])] as uPlot.AlignedData;
}

function makePlot(holder: HTMLElement, width: number): uPlot {
  const colour = colourReader(holder);
  const [text, line, ground] = [colour("--muted"), colour("--line"), colour("--surface")];
  const axis = { stroke: text, grid: { stroke: line, width: 1 }, ticks: { stroke: line, width: 1 } };
  const font = `12px ${getComputedStyle(holder).fontFamily}`;
  const bands = BANDS.toReversed().map(({ key, name }) => ({
    ...{ label: name, stroke: ground, width: 1, points: { show: false } },
    fill: colour(`--band-${key}`),
  }));
  return new uPlot(
    {
      ...{ width, height: HEIGHT, series: [{}, ...bands] },
      legend: { show: false },
      cursor: { show: false },
      axes: [
        {
          ...axis,
          font,
          incrs: [60, 120, 300, 600, 1800],
          values: (_plot, seconds) => seconds.map(clockText),
        },
        { ...axis, font, size: 42, incrs: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000] },
      ],
      scales: { y: { range: (_plot, _min, max) => [0, Math.max(4, Math.ceil(max * 1.1))] } },
    },
    [[], ...bands.map(() => [])] as unknown as uPlot.AlignedData,
    holder,
  );
}

function clockText(seconds: number): string {
  return new Date(seconds * 1000).toLocaleTimeString(undefined, {
    hour: "2-digit",
    minute: "2-digit",
    hour12: false,
  });
}

/** A canvas knows no custom properties, nor `light-dark()`: the browser is asked what they come to. */
function colourReader(holder: HTMLElement): (name: string) => string {
  return (name) => {
    const probe = document.createElement("span");
    probe.style.color = `var(${name})`;
    holder.append(probe);
    const { color } = getComputedStyle(probe);
    probe.remove();
    return color;
  };
}
