import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { BootEvent } from "../../../src/boot/event.ts";
import { measure, measureBoot } from "../../../src/boot/metrics/measure.ts";
import { DEFINITIONS, type Measurement } from "../../../src/boot/metrics/metric.ts";
import { createMetricTable } from "../../../src/boot/metrics/metric-table.ts";
import {
  CHAIN,
  checkedIn,
  dhcp,
  ended,
  IPXE,
  KERNEL,
  OVMF_BOOT,
  PEER,
  SCRIPT,
  script,
  sessionTable,
  started,
  UEFI,
} from "../../support/boot-events.ts";

const peer = PEER;
const malformed = (code: string): BootEvent => ({ type: "malformed", via: "dhcp", peer, code, reason: "x" });
const shown = (measurements: readonly Measurement[]) =>
  measurements.map(({ metric, labels, value }) => {
    const inner = Object.entries(labels).map(([label, each]) => `${label}=${each}`);
    return `${metric}{${inner.join(",")}} ${value}`;
  });

const OTHER_SERVER = {
  type: "foreign-offer",
  interface: "eth0",
  mac: "52:54:00:00:00:01",
  server: "10.0.0.1",
} as const;

const DIAGNOSED = {
  ...{ type: "diagnosed", session: "0mwr00001-aaaaaa", mac: "52:54:00:00:00:01" },
  diagnosis: { code: "program-died", certainty: "likely", what: "it died", cure: "", evidence: [] },
} as const satisfies BootEvent;

test.each<readonly [string, BootEvent, readonly string[]]>([
  [
    "a request that was answered counts by its type, its stage and its answer",
    dhcp(UEFI, CHAIN),
    ["mayfly_dhcp_requests_total{type=discover,stage=uefi,answer=offer} 1"],
  ],
  [
    "one that got no answer counts as such",
    dhcp(IPXE, { type: "silent", reason: "unknown-host" }, { reply: undefined as never }),
    ["mayfly_dhcp_requests_total{type=discover,stage=ipxe,answer=none} 1"],
  ],
  [
    "one that is only watched counts as such",
    dhcp(UEFI, CHAIN, { observed: true }),
    ["mayfly_dhcp_requests_total{type=discover,stage=uefi,answer=observed} 1"],
  ],
  [
    "a type that no client may send is 'other', whatever it is",
    dhcp(UEFI, CHAIN, { request: "TYPE-77" }),
    ["mayfly_dhcp_requests_total{type=other,stage=uefi,answer=offer} 1"],
  ],
  [
    "another server that gives something to boot counts, and nothing that it sends becomes a label",
    { ...OTHER_SERVER, gives: "10.0.0.9", boot: { file: "x.efi" } },
    ["mayfly_other_server_offers_total{offers=boot} 1"],
  ],
  [
    "another server that gives addresses where we do counts as that",
    { ...OTHER_SERVER, gives: "10.0.0.9" },
    ["mayfly_other_server_offers_total{offers=address} 1"],
  ],
  ["a script counts by its decision", script(SCRIPT), ["mayfly_scripts_total{decision=script} 1"]],
  [
    "a canary counts as a change of its rollout",
    { type: "rollout", change: "canary", scope: "host:beta", hosts: ["beta"], mac: "52:54:00:00:00:01" },
    ["mayfly_rollout_changes_total{change=canary} 1"],
  ],
  [
    "a generation that is marked bad counts with its reason too",
    { type: "rollout", change: "marked-bad", scope: "host:beta", hosts: ["beta"], reason: "boot-loop" },
    [
      "mayfly_rollout_changes_total{change=marked-bad} 1",
      "mayfly_generations_marked_bad_total{reason=boot-loop} 1",
    ],
  ],
  [
    "what is wrong with a boot counts by its cause",
    DIAGNOSED,
    ["mayfly_diagnoses_total{cause=program-died} 1"],
  ],
  ["and not again when it is the same as before", { ...DIAGNOSED, repeated: true }, []],
  ["a transfer that begins adds nothing yet", started(KERNEL, 100), []],
  [
    "a transfer counts when it ends, with the bytes that arrived",
    ended(KERNEL, 100, {}, "aborted", 40),
    ["mayfly_transfers_total{via=http,result=aborted} 1", "mayfly_http_bytes_total{} 40"],
  ],
  [
    "TFTP has its own bytes",
    ended("undionly.kpxe", 70_000),
    ["mayfly_transfers_total{via=tftp,result=complete} 1", "mayfly_tftp_bytes_total{} 70000"],
  ],
  [
    "a refusal counts by whether it is a normal probe, not by its path",
    { type: "refused", via: "tftp", peer, path: "grub.cfg", reason: "not there", expected: true },
    ["mayfly_refused_requests_total{via=tftp,expected=true} 1"],
  ],
  [
    "a malformed packet counts by its code",
    malformed("WIRE_TRUNCATED"),
    ["mayfly_malformed_packets_total{via=dhcp,code=WIRE_TRUNCATED} 1"],
  ],
  [
    "a code of Node's HTTP parser counts with its kind",
    malformed("HPE_INVALID_METHOD"),
    ["mayfly_malformed_packets_total{via=dhcp,code=HPE} 1"],
  ],
  [
    "any other code is 'other'",
    malformed("constructor"),
    ["mayfly_malformed_packets_total{via=dhcp,code=other} 1"],
  ],
  ["our own mistakes count", { type: "bug", via: "x", error: "y" }, ["mayfly_bugs_total{} 1"]],
  ["what changes nothing adds nothing", { type: "withdrawn", image: "beta" }, []],
])("%s", (_name, event, wanted) => {
  expect(shown(measure(event))).toEqual(wanted);
});

describe("a boot that is over", () => {
  const boots = sessionTable();
  boots.take(...OVMF_BOOT);
  const handedOver = boots.session();
  boots.take([5000, checkedIn()]);
  const up = boots.session();

  test("counts by host, outcome and cause, with its duration and its stages", () => {
    const lines = shown(measureBoot(handedOver, undefined, { host: "beta", wasMeasured: false }));
    expect(lines).toContain("mayfly_boots_total{host=beta,outcome=handed-over,cause=none} 1");
    expect(lines).toContain("mayfly_boot_duration_seconds{outcome=handed-over} 15.975");
    expect(lines).toContain("mayfly_boot_stage_duration_seconds{stage=initrd} 9");
    expect(lines).toContain("mayfly_boot_stage_duration_seconds{stage=kernel} 0.4");
  });
  test("and that is told to be up later counts once more, without its stages", () => {
    const lines = shown(measureBoot(up, "not-well", { host: "beta", wasMeasured: true }));
    expect(lines[0]).toBe("mayfly_boots_total{host=beta,outcome=checked-in,cause=not-well} 1");
    expect(lines).toHaveLength(2);
  });
  test("and has no host that may be named has no such label", () => {
    const [first] = measureBoot(up, undefined, { wasMeasured: true });
    expect(first?.labels).toEqual({ outcome: "checked-in", cause: "none" });
  });
});

describe("the table", () => {
  const samples = (added: readonly Measurement[], name: string) => {
    const table = createMetricTable();
    table.add(added);
    const family = table.families([]).find((each) => each.name === name);
    return family?.samples ?? [];
  };

  test("has a zero for what is told apart by nothing, and no series for the rest", () => {
    expect(samples([], "mayfly_bugs_total")).toEqual([{ name: "mayfly_bugs_total", labels: {}, value: 0 }]);
    expect(samples([], "mayfly_transfers_total")).toEqual([]);
  });
  test("adds up what has the same labels", () => {
    const twice = [...measure(ended(KERNEL, 100)), ...measure(ended(KERNEL, 50))];
    expect(samples(twice, "mayfly_http_bytes_total").map(({ value }) => value)).toEqual([150]);
    expect(samples(twice, "mayfly_transfers_total").map(({ value }) => value)).toEqual([2]);
  });
  test("counts in a bucket whatever is at most its bound, and everything in the last", () => {
    const at = (value: number): Measurement => ({
      metric: "mayfly_boot_stage_duration_seconds",
      labels: { stage: "kernel" },
      value,
    });
    const found = samples([at(0.5), at(0.51), at(10_000)], "mayfly_boot_stage_duration_seconds");
    const bucket = (le: string) => found.find(({ labels }) => labels.le === le)?.value;
    expect([bucket("0.25"), bucket("0.5"), bucket("1"), bucket("600"), bucket("+Inf")]).toEqual([
      0, 1, 2, 2, 3,
    ]);
    expect(found.slice(-2).map(({ value }) => value)).toEqual([10_001.01, 3]);
  });
  test("does not grow by what is sent: any text from the network lands on the same few series", () => {
    const table = createMetricTable();
    const sent = fc.property(fc.string(), fc.string(), fc.string(), (request, code, path) => {
      table.add(measure(dhcp(UEFI, CHAIN, { request })));
      table.add(measure(malformed(code)));
      table.add(measure({ type: "refused", via: "http", peer, path, reason: path, expected: false }));
    });
    fc.assert(sent, { numRuns: 500 });
    const series = table.families([]).flatMap((family) => family.samples);
    expect(series.length).toBeLessThan(DEFINITIONS.size + 30);
  });
});

test("every measurement has the labels of its definition, and no other", () => {
  const boots = sessionTable();
  boots.take(...OVMF_BOOT);
  const all = [
    ...OVMF_BOOT.flatMap(([, event]) => measure(event)),
    ...measureBoot(boots.session(), "link-late", { host: "beta", wasMeasured: false }),
  ];
  for (const { metric, labels } of all) {
    expect([metric, Object.keys(labels)]).toEqual([metric, DEFINITIONS.get(metric)?.labels]);
  }
});
