/**
 * The dashboard in a real Chromium with a thousand hosts: how long until its list is there, and what the page
 * costs a second while five hundred machines boot at once. Fails past the bounds.
 *
 * Usage: npx node scripts/bench/dashboard.ts [CHROMIUM]
 */

import { setTimeout as delay } from "node:timers/promises";
import { type CDPSession, chromium, type Page } from "playwright-core";
import { startRack } from "../../test/support/rack.ts";

const EXECUTABLE = process.argv[2] ?? "/usr/bin/chromium";
const FLAGS = ["no-sandbox", "disable-gpu", "disable-quic", "no-first-run", "disable-background-networking"];
const HOSTS = 1000;
const BOOTING = 500;
const BYTES_PER_SECOND = 600_000;
const MEASURED_MS = 8000;
const LIST_BOUND_MS = 1000;
const FRAME_BOUND_MS = 1000 / 60;

/** Gathers how long tasks took that took more than 50 ms; as text, since Node's types know no such observer. */
const LONG_TASKS = `{
  const found = [];
  const take = (list) => found.push(...list.getEntries().map(({ duration }) => duration));
  new PerformanceObserver(take).observe({ type: "longtask" });
  found;
}`;

const rack = await startRack({ hosts: HOSTS, bootsOfEach: 3 });
const browser = await chromium.launch({
  executablePath: EXECUTABLE,
  args: FLAGS.map((flag) => `--${flag}`),
});
const base = `http://127.0.0.1:${rack.rig.app.served.admin?.port}`;
const page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
page.on("pageerror", (error) => fail(error));

const times: number[] = [];
for (let round = 0; round < 5; round++) times.push(await timeOfList());
times.sort((a, b) => a - b);
const half = times[2] ?? Number.NaN;
console.log(`the list of ${HOSTS} hosts is there after ${times.map(Math.round).join(", ")} ms`);
if (half > LIST_BOUND_MS) fail(`half of the times are above ${LIST_BOUND_MS} ms`);

const client = await page.context().newCDPSession(page);
await client.send("Performance.enable", { timeDomain: "threadTicks" });
await measure("/", page, client, () => {
  // They are cut off at the end.
  for (let number = 0; number < BOOTING; number++)
    void rack.boot(number + 100, BYTES_PER_SECOND).catch(() => {});
});
await measure("/?show=booting", page, client);
await measure("/boots", page, client);
await browser.close();
await rack.rig.stop();
process.exit();

async function timeOfList(): Promise<number> {
  const from = performance.now();
  await page.goto(`${base}/`);
  await page.locator("tbody tr").first().waitFor();
  return performance.now() - from;
}

async function measure(path: string, of: Page, devtools: CDPSession, begin = () => {}): Promise<void> {
  await of.goto(base + path);
  await of.locator("tbody tr").first().waitFor();
  const long = await of.evaluateHandle<number[]>(LONG_TASKS);
  const before = await workMs(devtools);
  const from = performance.now();
  begin();
  await delay(MEASURED_MS);
  const seconds = (performance.now() - from) / 1000;
  const perFrame = ((await workMs(devtools)) - before) / (seconds * 60);
  const longest = Math.max(0, ...(await long.jsonValue()));
  const tasks = longest === 0 ? "no task above 50 ms" : `the longest task ${longest} ms by the clock`;
  console.log(
    `${path} while ${BOOTING} boot: ${perFrame.toFixed(2)} ms of work for each of 60 frames, ${tasks}`,
  );
  if (perFrame > FRAME_BOUND_MS) fail(`${path} takes more than there is`);
}

/** What the page's thread has done so far. */
async function workMs(devtools: CDPSession): Promise<number> {
  const { metrics } = await devtools.send("Performance.getMetrics");
  return 1000 * (metrics.find(({ name }) => name === "TaskDuration")?.value ?? Number.NaN);
}

function fail(reason: unknown): void {
  console.error(String(reason));
  process.exitCode = 1;
}
