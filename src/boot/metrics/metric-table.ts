/** The table of all counters and histograms: small, filled from the start, and read when somebody asks. */

import {
  DEFINITIONS,
  type Labels,
  type Measurement,
  type MetricDefinition,
  type MetricName,
} from "./metric.ts";

export interface MetricTable {
  add(measurements: readonly Measurement[]): void;
  /** All families, in the order of the definitions, with the gauges as they are now. */
  families(gauges: readonly Measurement[]): readonly MetricFamily[];
}

/** A metric with its numbers. */
export interface MetricFamily extends MetricDefinition {
  readonly name: MetricName;
  readonly samples: readonly MetricSample[];
}

export interface MetricSample {
  /** The metric's, or that of a histogram with `_bucket`, `_sum` or `_count` after it. */
  readonly name: string;
  readonly labels: Labels;
  readonly value: number;
}

/** One set of label values. */
interface Series {
  readonly labels: Labels;
  /** Of a histogram: the sum. */
  value: number;
  /** Of a histogram: how many fell into each bucket, the last one being without bound. */
  readonly counts: number[];
}

export function createMetricTable(): MetricTable {
  const table = new Map([...DEFINITIONS.keys()].map((name) => [name, new Map<string, Series>()]));
  // What can be told apart by nothing is 0 until it happens, so that a rate over its first time is known.
  for (const [name, { type, labels }] of DEFINITIONS) {
    if (type === "counter" && labels.length === 0) enter(table.get(name), name, { labels: {}, value: 0 });
  }
  return {
    add(measurements) {
      for (const each of measurements) enter(table.get(each.metric), each.metric, each);
    },
    families: (gauges) =>
      [...DEFINITIONS].map(([name, definition]) => {
        const samples =
          definition.type === "gauge"
            ? gauges
                .filter(({ metric }) => metric === name)
                .map(({ labels, value }) => ({ name, labels, value }))
            : [...(table.get(name)?.values() ?? [])].flatMap((series) => samplesOf(name, definition, series));
        return { name, ...definition, samples };
      }),
  };
}

function enter(
  all: Map<string, Series> | undefined,
  name: MetricName,
  { labels, value }: Pick<Measurement, "labels" | "value">,
): void {
  const definition = DEFINITIONS.get(name);
  if (all === undefined || definition === undefined) return;
  const key = JSON.stringify(definition.labels.map((label) => labels[label] ?? ""));
  const buckets = definition.buckets ?? [];
  let series = all.get(key);
  if (series === undefined) {
    series = { labels, value: 0, counts: Array.from({ length: buckets.length + 1 }, () => 0) };
    all.set(key, series);
  }
  series.value += value;
  const found = buckets.findIndex((bound) => value <= bound);
  const index = found === -1 ? buckets.length : found;
  series.counts[index] = (series.counts[index] ?? 0) + 1;
}

function samplesOf(
  name: MetricName,
  { type, buckets = [] }: MetricDefinition,
  { labels, value, counts }: Series,
): readonly MetricSample[] {
  if (type !== "histogram") return [{ name, labels, value }];
  let sum = 0;
  const shown = counts.map((count, index) => {
    sum += count;
    const bound = buckets[index];
    return {
      name: `${name}_bucket`,
      labels: { ...labels, le: bound === undefined ? "+Inf" : String(bound) },
      value: sum,
    };
  });
  return [...shown, { name: `${name}_sum`, labels, value }, { name: `${name}_count`, labels, value: sum }];
}
