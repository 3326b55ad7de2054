/** `GET /metrics` of a whole server, read by a strict parser and by Prometheus' own tool. */

import { execFileSync, spawnSync } from "node:child_process";
import { afterAll, beforeAll, expect, test } from "vitest";
import { DEFINITIONS } from "../../../src/boot/metrics/metric.ts";
import { STANDINGS } from "../../../src/boot/rollout/standing.ts";
import { findTool } from "../../../src/io/system/packages.ts";
import { type AdminRig, startAdminRig } from "../../support/admin-rig.ts";
import { parseExposition, seriesValue } from "../../support/exposition.ts";
import { BETA_MAC } from "../../support/worlds.ts";

let rig: AdminRig;

beforeAll(async () => {
  rig = await startAdminRig({}, `hosts:\n  beta: { macs: ["${BETA_MAC}"] }\n`);
});
afterAll(() => rig.stop());

const scrape = async () => parseExposition((await rig.send("GET", "/metrics")).text);

test("what happened before anybody asked is counted too", async () => {
  await rig.script("52:54:00:00:00:77");
  await rig.log.wait("script");
  const families = await scrape();
  expect(seriesValue(families, "mayfly_scripts_total", { decision: "stranger" })).toBe(1);
  expect(seriesValue(families, "mayfly_transfers_under_way", { via: "http" })).toBe(0);
  expect(seriesValue(families, "mayfly_build_info", { node: process.versions.node })).toBe(1);
});

test("each host counts by how far its new generation has got, and every word is there from the start", async () => {
  const families = await scrape();
  expect(seriesValue(families, "mayfly_rollouts", { state: "none" })).toBe(1);
  for (const state of STANDINGS)
    expect(seriesValue(families, "mayfly_rollouts", { state })).toBe(state === "none" ? 1 : 0);
});

test("the addresses of the pools are counted where Mayfly would give them", async () => {
  const subnets = "subnets: [{ subnet: 10.0.0.0/24, pools: [10.0.0.100-10.0.0.109] }]\n";
  const giving = await startAdminRig({ dhcp: "observe" }, subnets);
  try {
    const families = parseExposition((await giving.send("GET", "/metrics")).text);
    const value = (state: string) =>
      seriesValue(families, "mayfly_pool_addresses", { subnet: "10.0.0.0/24", state });
    expect(["free", "leased", "conflict", "reserved"].map(value)).toEqual([10, 0, 0, 0]);
    expect(seriesValue(families, "mayfly_leases")).toBe(0);
  } finally {
    await giving.stop();
  }
});

test("the answer is in Prometheus' own format, and nobody keeps it", async () => {
  const { status, headers } = await rig.send("GET", "/metrics");
  expect(status).toBe(200);
  expect(headers["content-type"]).toBe("text/plain; version=0.0.4; charset=utf-8");
  expect(headers["cache-control"]).toBe("no-store");
});

test("every metric is there with its type, and those of the process beside them", async () => {
  const families = await scrape();
  for (const [name, { type, help }] of DEFINITIONS) expect(families.get(name)).toMatchObject({ type, help });
  expect(seriesValue(families, "process_cpu_seconds_total")).toBeGreaterThan(0);
  expect(families.has("nodejs_eventloop_lag_p99_seconds")).toBe(true);
});

test("a boot that is turned away is counted with its host and its cause, and its stages with their time", async () => {
  await rig.script(BETA_MAC);
  const { session } = await rig.log.wait(
    "session",
    ({ change, session: { host } }) => !!(change === "ended" && host === "beta"),
  );
  expect(session.outcome).toBe("turned-away");
  const families = await scrape();
  const labels = { host: "beta", outcome: "turned-away", cause: "turned-away" };
  expect(seriesValue(families, "mayfly_boots_total", labels)).toBe(1);
  expect(
    seriesValue(families, "mayfly_boot_stage_duration_seconds_bucket", { stage: "script", le: "+Inf" }),
  ).toBeGreaterThan(0);
});

test("without a token nobody from elsewhere sees them, and a token to read will do", async () => {
  const guarded = await startAdminRig({}, "adminToken: always\n");
  try {
    const refused = await guarded.send("GET", "/metrics");
    expect([refused.status, JSON.parse(refused.text).code]).toEqual([401, "no-token"]);
    await guarded.app.stop();
    const { createToken } = await import("../../../src/commands/tokens.ts");
    const state = `${guarded.media.folder}/state`;
    const request = { flags: { state }, env: {}, cwd: guarded.media.folder };
    const { text } = await createToken(request, "prometheus", { scope: "read" });
    await guarded.restart();
    const headers = { Authorization: `Bearer ${text}` };
    expect((await guarded.send("GET", "/metrics", { headers })).status).toBe(200);
  } finally {
    await guarded.stop();
  }
});

test("Prometheus is not loaded before somebody asks", () => {
  const source = `
    const { registerHooks } = require("node:module");
    registerHooks({ load: (url, context, next) => (url.includes("prom-client") && console.log(url), next(url, context)) });
    import("./src/app.ts").then(() => import("./src/web/api.ts")).then(() => console.log("loaded"));`;
  const said = execFileSync(process.execPath, ["-e", source], { encoding: "utf8" });
  expect(said.trim()).toBe("loaded");
});

test.skipIf(findTool("promtool") === undefined)("promtool has nothing to say against them", async () => {
  const { text } = await rig.send("GET", "/metrics");
  // Those that prom-client makes of the process have names that the tool would not choose.
  const ours = text
    .split("\n\n")
    .filter((block) => block.startsWith("# HELP mayfly_"))
    .join("\n");
  const { status, stdout, stderr } = spawnSync("promtool", ["check", "metrics"], {
    input: `${ours}\n`,
    encoding: "utf8",
  });
  expect([status, stdout, stderr]).toEqual([0, "", ""]);
});
