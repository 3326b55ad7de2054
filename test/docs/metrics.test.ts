/** docs/metrics.md and what is in examples/ for Prometheus and Grafana, held against the metrics that there are. */

import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { expect, test } from "vitest";
import { parse } from "yaml";
import { DEFINITIONS } from "../../src/boot/metrics/metric.ts";
import { findTool } from "../../src/io/system/packages.ts";
import { createExposition } from "../../src/web/metrics/exposition.ts";
import { parseExposition } from "../support/exposition.ts";
import { tempFolder } from "../support/temp-folder.ts";

interface Rule {
  readonly alert: string;
  readonly expr: string;
  readonly annotations: { readonly summary?: string; readonly description?: string };
}

const ALERTS = resolve("examples/alerts.yml");
const rules: readonly Rule[] = parse(readFileSync(ALERTS, "utf8")).groups.flatMap(
  ({ rules: some }: { readonly rules: readonly Rule[] }) => some,
);
const dashboard: {
  readonly panels: readonly {
    readonly title: string;
    readonly targets: readonly { readonly expr: string }[];
  }[];
} = JSON.parse(readFileSync("examples/grafana-dashboard.json", "utf8"));
const asked = dashboard.panels.flatMap(({ title, targets }) =>
  targets.map(({ expr }) => [title, expr] as const),
);

/** The metrics that an expression names, without what a histogram puts after its name. */
const namesIn = (expr: string) => [
  ...new Set(
    [...expr.matchAll(/\b(?:mayfly|nodejs|process)_\w+/g)].map(([name]) =>
      DEFINITIONS.has(name as never) ? name : name.replace(/_(?:bucket|sum|count)$/, ""),
    ),
  ),
];

test("docs/metrics.md has a row for every metric as it is defined, in the same order, and none besides", () => {
  const rows = [
    ...readFileSync("docs/metrics.md", "utf8").matchAll(/^\| `(mayfly_\w+)` \| (\w+) \| (.*) \| (.*) \|$/gm),
  ].map(([, name, type, labels = "", help]) => ({
    ...{ name, type, help },
    labels: [...labels.matchAll(/`(\w+)`/g)].map(([, label]) => label),
  }));
  const defined = [...DEFINITIONS].map(([name, { type, help, labels }]) => ({ name, type, help, labels }));
  expect(rows).toEqual(defined);
});

test("every metric that a rule or a panel names is there", async () => {
  const families = parseExposition(await createExposition(async () => []).text());
  const named = [...rules.map(({ expr }) => expr), ...asked.map(([, expr]) => expr)].flatMap(namesIn);
  expect(named.length).toBeGreaterThan(20);
  expect(named.filter((name) => !families.has(name))).toEqual([]);
});

test.each([...rules.map(({ alert, expr }) => [alert, expr] as const), ...asked])(
  "'%s' asks for no label that its metrics do not have",
  (_name, expr) => {
    const known = new Set(["instance", "job", "le", "version"]);
    for (const name of namesIn(expr))
      for (const label of DEFINITIONS.get(name as never)?.labels ?? []) known.add(label);
    const matched = [...expr.matchAll(/(\w+)(?:=~|!~|!=|=)"/g)].map(([, label = ""]) => label);
    const grouped = [...expr.matchAll(/\bby \(([^)]*)\)/g)].flatMap(([, some = ""]) => some.split(", "));
    expect([...matched, ...grouped].filter((label) => !known.has(label))).toEqual([]);
  },
);

test("every rule says what to do", () => {
  for (const { alert, annotations } of rules) {
    expect([alert, annotations.summary !== undefined, annotations.description !== undefined]).toEqual([
      alert,
      true,
      true,
    ]);
  }
});

const promtool = (...args: readonly string[]) => {
  const { status, stdout, stderr } = spawnSync("promtool", args, { encoding: "utf8" });
  return { status, said: `${stdout}${stderr}` };
};
const withoutPromtool = findTool("promtool") === undefined;

test.skipIf(withoutPromtool)("promtool takes the alert rules", () => {
  expect(promtool("check", "rules", ALERTS)).toMatchObject({ status: 0 });
});

test.skipIf(withoutPromtool)("promtool can read what every panel asks for", () => {
  const expressions = asked.map(([, expr]) =>
    expr.replaceAll("$__rate_interval", "5m").replaceAll("$instance", ".*"),
  );
  const records = expressions.map((expr, index) => ({ record: `panel:${index}`, expr }));
  const file = join(tempFolder(), "panels.yml");
  writeFileSync(file, JSON.stringify({ groups: [{ name: "panels", rules: records }] }));
  expect(promtool("check", "rules", file)).toMatchObject({ status: 0 });
});

test.skipIf(withoutPromtool)(
  "a pool with a tenth left is told of, and the first generation that is marked bad",
  () => {
    const pool = (state: string, values: string) => ({
      series: `mayfly_pool_addresses{instance="a",subnet="10.0.0.0/24",state="${state}"}`,
      values,
    });
    const tests = [
      {
        interval: "1m",
        input_series: [
          pool("free", "10x20 9x20"),
          pool("leased", "90x20 91x20"),
          pool("reserved", "50x40"),
          {
            series: 'mayfly_generations_marked_bad_total{instance="a",reason="boot-loop"}',
            values: "_x20 1x20",
          },
        ],
        promql_expr_test: ["MayflyPoolNearlyFull", "MayflyGenerationMarkedBad"].flatMap((name) =>
          ["15m", "35m"].map((time) => ({
            expr: `count(ALERTS{alertname="${name}",alertstate="firing"})`,
            eval_time: time === "35m" && name === "MayflyGenerationMarkedBad" ? "25m" : time,
            exp_samples: time === "15m" ? [] : [{ labels: "{}", value: 1 }],
          })),
        ),
      },
    ];
    const file = join(tempFolder(), "test.yml");
    writeFileSync(file, JSON.stringify({ rule_files: [ALERTS], evaluation_interval: "1m", tests }));
    expect(promtool("test", "rules", file)).toEqual({ status: 0, said: expect.any(String) });
  },
);

test.skipIf(withoutPromtool)("the very first failure of a host raises an alert, and a good boot none", () => {
  const labels = 'instance="a",host="beta"';
  const series = [
    [`mayfly_boots_total{${labels},outcome="failed",cause="program-died"}`, "_x20 1x20"],
    [`mayfly_boots_total{${labels},outcome="handed-over",cause="none"}`, "0x20 1x20"],
  ].map(([name, values]) => ({ series: name, values }));
  const at = (time: string, alerts: readonly object[]) => ({
    eval_time: time,
    alertname: "MayflyBootFailed",
    exp_alerts: alerts,
  });
  const raised = {
    exp_labels: { severity: "warning", instance: "a", host: "beta", cause: "program-died" },
    exp_annotations: {
      summary: "A boot of beta failed (program-died)",
      description: "docs/errors.md explains the cause; 'mayfly boots' shows the boot step by step.",
    },
  };
  const tests = [
    {
      interval: "1m",
      input_series: series,
      alert_rule_test: [at("15m", []), at("25m", [raised]), at("40m", [])],
    },
  ];
  const file = join(tempFolder(), "test.yml");
  writeFileSync(file, JSON.stringify({ rule_files: [ALERTS], evaluation_interval: "1m", tests }));
  expect(promtool("test", "rules", file)).toMatchObject({ status: 0 });
});
