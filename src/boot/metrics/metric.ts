/** The metrics that there are: their names, what they count and by which labels; docs/metrics.md has the same table. */

export interface MetricDefinition {
  readonly type: "counter" | "gauge" | "histogram";
  /** One sentence without a full stop. */
  readonly help: string;
  /** What its numbers are told apart by; each label's values are from a closed list, or names of the operator. */
  readonly labels: readonly string[];
  /** Of a histogram: the upper bounds of its buckets, rising; one without bound comes after them. */
  readonly buckets?: readonly number[];
}

/** From a packet's way there and back to a large image over a slow line, in seconds. */
const SECONDS = [0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600];

/** In the order in which they are shown. */
export const METRICS = {
  mayfly_build_info: {
    type: "gauge",
    help: "Always 1; the labels say which Mayfly runs on which Node",
    labels: ["version", "node"],
  },
  mayfly_boots_total: {
    type: "counter",
    help: "Boots by what became of them and why; one that is handed over and reports that it is up later stands under both",
    labels: ["host", "outcome", "cause"],
  },
  mayfly_boot_duration_seconds: {
    type: "histogram",
    help: "From a boot's first packet until it was handed over, or until the last that was heard of it",
    labels: ["outcome"],
    buckets: SECONDS,
  },
  mayfly_boot_stage_duration_seconds: {
    type: "histogram",
    help: "How long a boot spent in each of its stages",
    labels: ["stage"],
    buckets: SECONDS,
  },
  mayfly_diagnoses_total: {
    type: "counter",
    help: "Diagnoses that were told: each once for a boot, a boot loop once for all its boots",
    labels: ["cause"],
  },
  mayfly_sessions_under_way: {
    type: "gauge",
    help: "Boots under way, by the stage that began last",
    labels: ["stage"],
  },
  mayfly_dhcp_requests_total: {
    type: "counter",
    help: "DHCP requests of netboot clients, by what they were answered about booting",
    labels: ["type", "stage", "answer"],
  },
  mayfly_lease_requests_total: {
    type: "counter",
    help: "Requests for an address, by what was decided",
    labels: ["type", "answer"],
  },
  mayfly_other_server_offers_total: {
    type: "counter",
    help: "Offers of other servers that cross ours: something to boot, or addresses where Mayfly gives them",
    labels: ["offers"],
  },
  mayfly_leases: { type: "gauge", help: "Addresses that are somebody's now", labels: [] },
  mayfly_pool_addresses: {
    type: "gauge",
    help: "Addresses of the pools of each subnet, by what they are now",
    labels: ["subnet", "state"],
  },
  mayfly_scripts_total: {
    type: "counter",
    help: "Scripts that were asked for, by what was decided",
    labels: ["decision"],
  },
  mayfly_tftp_bytes_total: {
    type: "counter",
    help: "Bytes that TFTP clients acknowledged, counted when a transfer ends",
    labels: [],
  },
  mayfly_http_bytes_total: {
    type: "counter",
    help: "Bytes that were sent by HTTP on the boot plane, counted when a transfer ends",
    labels: [],
  },
  mayfly_transfers_total: {
    type: "counter",
    help: "Transfers by how they ended",
    labels: ["via", "result"],
  },
  mayfly_transfers_under_way: { type: "gauge", help: "Transfers under way", labels: ["via"] },
  mayfly_refused_requests_total: {
    type: "counter",
    help: "Requests for files that are not there or not served; expected ones are normal probes of firmware",
    labels: ["via", "expected"],
  },
  mayfly_malformed_packets_total: {
    type: "counter",
    help: "Packets and requests that broke their protocol and were dropped",
    labels: ["via", "code"],
  },
  mayfly_generations: { type: "gauge", help: "Generations that can be fetched now", labels: [] },
  mayfly_generation_age_seconds: {
    type: "gauge",
    help: "How long ago the current generation of each image was published for the first time",
    labels: ["image"],
  },
  mayfly_image_trouble: {
    type: "gauge",
    help: "1 where what lies at an image's place cannot be served, else 0",
    labels: ["image"],
  },
  mayfly_rollouts: {
    type: "gauge",
    help: "Hosts, by how far their new generation has got",
    labels: ["state"],
  },
  mayfly_rollout_changes_total: {
    type: "counter",
    help: "What came of rollouts, and what the operator wanted of them",
    labels: ["change"],
  },
  mayfly_generations_marked_bad_total: {
    type: "counter",
    help: "Generations that are not given any more, by why",
    labels: ["reason"],
  },
  mayfly_builds_total: { type: "counter", help: "Builds by how they ended", labels: ["state"] },
  mayfly_refused_check_ins_total: {
    type: "counter",
    help: "Reports of booted systems that were not taken",
    labels: ["reason"],
  },
  mayfly_bugs_total: { type: "counter", help: "Mistakes of Mayfly itself; each is in the log", labels: [] },
} as const satisfies Readonly<Record<`mayfly_${string}`, MetricDefinition>>;

export type MetricName = keyof typeof METRICS;

/** Label names and their values; a label without a value is left out. */
export type Labels = Readonly<Record<string, string>>;

/** A number to be added to a counter, set in a gauge, or counted by a histogram. */
export interface Measurement {
  readonly metric: MetricName;
  readonly labels: Labels;
  readonly value: number;
}

/** By name, and in the type that a table of all of them has. */
export const DEFINITIONS: ReadonlyMap<MetricName, MetricDefinition> = new Map(
  Object.entries(METRICS) as [MetricName, MetricDefinition][],
);
