/** Counts what happens from the start, and says how it stands when somebody asks. */

import type { GenerationId } from "./boot/generation.ts";
import type { HostName, ImageName } from "./boot/host.ts";
import { isLeased } from "./boot/lease/lease.ts";
import { poolUse } from "./boot/lease/pool-use.ts";
import { measure, measureBoot } from "./boot/metrics/measure.ts";
import type { Labels, Measurement, MetricName } from "./boot/metrics/metric.ts";
import { createMetricTable, type MetricFamily } from "./boot/metrics/metric-table.ts";
import { STANDINGS, standingOf } from "./boot/rollout/standing.ts";
import type { Session } from "./boot/session/session.ts";
import type { LiveSettings } from "./config/settings.ts";
import type { Generations } from "./generations.ts";
import type { LeaseKeeper } from "./io/dhcp/lease-keeper.ts";
import { createBoundedMap } from "./io/ladder/bounded-map.ts";
import type { TransferBoard } from "./io/transfer-board.ts";
import type { World } from "./io/world.ts";
import type { Timeline } from "./timeline.ts";

export interface Metrics {
  /** Everything as it is now. */
  families(version: string): Promise<readonly MetricFamily[]>;
  /** Resolves when nothing more is counted. */
  close(): Promise<void>;
}

export interface MetricsParts {
  readonly world: World;
  readonly timeline: Timeline;
  readonly history: Generations["history"];
  readonly transfers: TransferBoard;
  readonly leases: LeaseKeeper | undefined;
  /** The configuration as it is now, whenever that is. */
  readonly live: { readonly now: Pick<LiveSettings, "subnets" | "reservations"> };
}

/** Hosts that are told apart, and images; a table that a person's Prometheus can still keep. */
const MAX_NAMES = 1000;
/** Boots of which it is known that their stages were counted. */
const MAX_MEASURED = 4096;

export function startMetrics(parts: MetricsParts): Metrics {
  const { world, timeline } = parts;
  const table = createMetricTable();
  const hosts = createNames();
  const measured = createBoundedMap<true>(MAX_MEASURED);
  const gaugesNow = createGauges(parts);
  let working: Promise<void> = Promise.resolve();

  async function countBoot(session: Session): Promise<void> {
    const [first] = await timeline.diagnoses.of(session);
    const host = session.host !== undefined && isHost(session.host) ? hosts.take(session.host) : undefined;
    const wasMeasured = measured.get(session.id) !== undefined;
    measured.set(session.id, true);
    table.add(measureBoot(session, first?.code, { host, wasMeasured }));
  }
  /** A machine may say what it likes of itself; what the operator named is a label. */
  const isHost = (name: HostName) => world.snapshot().hosts.has(name);

  const stop = world.subscribe((event) => {
    table.add(measure(event));
    if (event.type !== "session" || event.change !== "ended") return;
    working = working
      .then(() => countBoot(event.session))
      .catch((error: unknown) => world.record({ type: "bug", via: "metrics", error }));
  });
  return {
    async families(version) {
      await working;
      const info = gauge("mayfly_build_info", 1, { version, node: process.versions.node });
      return table.families([info, ...(await gaugesNow())]);
    },
    async close() {
      stop();
      await working;
    },
  };
}

/** Lets through the first names that come, and no more than are good for a label. */
function createNames(): { take(name: string): string | undefined } {
  const taken = new Set<string>();
  return {
    take(name) {
      if (taken.size < MAX_NAMES) taken.add(name);
      return taken.has(name) ? name : undefined;
    },
  };
}

function createGauges(parts: MetricsParts): () => Promise<readonly Measurement[]> {
  const { world, timeline, transfers, leases, live } = parts;
  const ages = createAges(parts);
  return async () => {
    const snapshot = world.snapshot();
    const { generations, images, hosts } = snapshot;
    const nowMs = Date.now();
    const shown = [...images.values()].slice(0, MAX_NAMES);
    const stages = timeline.sessions.underWay().map(({ steps }) => steps.at(-1)?.stage ?? "firmware-dhcp");
    const vias = transfers.list().map(({ via }) => via);
    const standings = count([...hosts.values()].map((host) => standingOf(host, snapshot)));
    const published = await Promise.all(
      shown.map(async ({ name, current }) => [name, await ages(name, current)] as const),
    );
    return [
      ...[...count(stages)].map(([stage, many]) => gauge("mayfly_sessions_under_way", many, { stage })),
      ...["tftp", "http"].map((via) =>
        gauge("mayfly_transfers_under_way", count(vias).get(via) ?? 0, { via }),
      ),
      gauge("mayfly_generations", generations.size),
      ...shown.map(({ name, trouble }) =>
        gauge("mayfly_image_trouble", trouble === undefined ? 0 : 1, { image: name }),
      ),
      ...published.flatMap(([image, ms]) =>
        ms === undefined ? [] : gauge("mayfly_generation_age_seconds", (nowMs - ms) / 1000, { image }),
      ),
      ...STANDINGS.map((state) => gauge("mayfly_rollouts", standings.get(state) ?? 0, { state })),
      ...(leases === undefined ? [] : leaseGauges(leases, live.now, nowMs)),
    ];
  };
}

function gauge(metric: MetricName, value: number, labels: Labels = {}): Measurement {
  return { metric, labels, value };
}

function count(values: readonly string[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  return counts;
}

function leaseGauges(
  { book }: LeaseKeeper,
  { subnets, reservations }: Pick<LiveSettings, "subnets" | "reservations">,
  nowMs: number,
): readonly Measurement[] {
  let leased = 0;
  for (const [, lease] of book.leases()) if (isLeased(lease, nowMs)) leased++;
  const pools = poolUse(subnets, reservations, book, nowMs).slice(0, MAX_NAMES);
  return [
    gauge("mayfly_leases", leased),
    ...pools.flatMap(({ subnet, ...use }) =>
      Object.entries(use).map(([state, many]) => gauge("mayfly_pool_addresses", many, { subnet, state })),
    ),
  ];
}

/** When the current generation of an image was published first: read from the history once for each. */
function createAges({
  history,
}: MetricsParts): (image: ImageName, id: GenerationId | undefined) => Promise<number | undefined> {
  const known = new Map<ImageName, { readonly id: GenerationId; readonly firstMs: number }>();
  return async (image, id) => {
    if (id === undefined) return undefined;
    const before = known.get(image);
    if (before?.id === id) return before.firstMs;
    const record = await history.find(image, id);
    if (record === undefined) return undefined;
    known.set(image, { id, firstMs: record.firstMs });
    return record.firstMs;
  };
}
