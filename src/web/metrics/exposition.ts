/**
 * Writes metrics in Prometheus' text format, those of the process beside our own.
 *
 * It is loaded when somebody asks for the first time, and what watches the event loop and the garbage
 * collector starts then.
 */

import { readdir, stat } from "node:fs/promises";
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
  countOpenFiles(registry);
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

const OPEN_FILES = "process_open_fds";
const OPEN_FILES_FOLDER = "/proc/self/fd";

/**
 * Has the open files counted without holding everybody up: prom-client reads the names of all of them at once,
 * and what a thousand images have open are thousands.
 */
function countOpenFiles(registry: Registry): void {
  const theirs = registry.getSingleMetric(OPEN_FILES);
  // It is of Linux only.
  if (theirs === undefined) return;
  registry.removeSingleMetric(OPEN_FILES);
  const gauge = new Gauge({
    name: OPEN_FILES,
    help: "Number of open file descriptors.",
    registers: [registry],
    async collect() {
      gauge.set(await openFiles());
    },
  });
}

/** From Linux 6.2 on the folder's size is their number; before, it is 0. */
async function openFiles(): Promise<number> {
  const { size } = await stat(OPEN_FILES_FOLDER);
  return size > 0 ? size : (await readdir(OPEN_FILES_FOLDER)).length - 1;
}
