/**
 * Writes metrics in Prometheus' text format, those of the process beside our own.
 *
 * It is loaded when somebody asks for the first time, and what watches the event loop and the garbage
 * collector starts then.
 */

import { collectDefaultMetrics, Gauge, type MetricType, Registry } from "prom-client";
import { DEFINITIONS, type MetricDefinition, type MetricName } from "../../boot/metrics/metric.ts";
import type { MetricFamily } from "../../boot/metrics/metric-table.ts";

export interface Exposition {
  readonly contentType: string;
  text(): Promise<string>;
}

/** @param read - the numbers as they are now */
export function createExposition(read: () => Promise<readonly MetricFamily[]>): Exposition {
  const registry = new Registry();
  let families: readonly MetricFamily[] = [];
  for (const [name, definition] of DEFINITIONS) {
    expose(registry, name, definition, () => families.find((each) => each.name === name));
  }
  collectDefaultMetrics({ register: registry });
  return {
    contentType: registry.contentType,
    async text() {
      families = await read();
      return registry.metrics();
    },
  };
}

/** The registry only asks: the numbers are in a table of our own, which is there before anybody looks. */
function expose(
  registry: Registry,
  name: MetricName,
  { help, type }: MetricDefinition,
  family: () => MetricFamily | undefined,
): void {
  const shown = new Gauge({ name, help, registers: [registry] });
  const facts = {
    ...{ name, help, aggregator: "sum" as const, collect: () => {} },
    // Its types say an enum of numbers; what it has, and writes, is the word.
    type: type as unknown as MetricType,
  };
  shown.get = async () => {
    const samples = family()?.samples ?? [];
    return {
      ...facts,
      values: samples.map((each) => ({ metricName: each.name, labels: each.labels, value: each.value })),
    };
  };
}
