/**
 * 200 boots' worth of script and media requests while the host's link is swapped 50 times a second.
 *
 * Prints how many boots ended whole on one generation, and fails when one saw two.
 */

import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { buildResult, swapLink } from "./make-images.ts";
import { type Served, withServer } from "./served.ts";

const BUILDS = 10;
const BOOTS = 200;
const SWAPS_PER_SECOND = 50;
const SECONDS = 60;
const PORT = 8080;

if (process.argv[2] === "boots") await boots();
else await withServer(["--dhcp", "off", "--http-port", String(PORT)], prepare, measure);

async function prepare(scratch: string): Promise<void> {
  await mkdir(join(scratch, "boot-media/hosts"), { recursive: true });
  for (let number = 0; number < BUILDS; number++) await buildResult(scratch, "beta", number);
  await writeFile(
    join(scratch, "mayfly.yaml"),
    JSON.stringify({ hosts: { beta: { macs: ["52:54:00:00:00:01"] } } }),
  );
  await swapLink(join(scratch, "boot-media/hosts/beta"), await buildResult(scratch, "beta", 0), 0);
}

async function measure(served: Served): Promise<void> {
  const { scratch, namespace } = served;
  const targets = await Promise.all(
    Array.from({ length: BUILDS }, (_, number) => buildResult(scratch, "beta", number)),
  );
  let swaps = 0;
  const swapping = setInterval(() => {
    swaps++;
    void swapLink(join(scratch, "boot-media/hosts/beta"), targets[swaps % BUILDS] ?? "", swaps);
  }, 1000 / SWAPS_PER_SECOND);
  const output = await namespace.run(process.execPath, import.meta.filename, "boots");
  clearInterval(swapping);
  process.stdout.write(output);
  console.log(`${swaps} swaps of the link meanwhile; server at ${(await served.residentMb()).toFixed(0)} MB`);
  if (!output.includes(" 0 saw two generations")) process.exitCode = 1;
}

/** Runs inside the server's namespace: one boot after another, spread over the time, as iPXE asks. */
async function boots(): Promise<void> {
  const results = { whole: 0, mixed: 0, incomplete: 0 };
  const seen = new Set<string>();
  const begun = performance.now();
  for (let boot = 0; boot < BOOTS; boot++) {
    const due = begun + (boot * SECONDS * 1000) / BOOTS;
    await new Promise((resolve) => setTimeout(resolve, Math.max(0, due - performance.now())));
    const outcome = await oneBoot();
    results[outcome.result]++;
    for (const build of outcome.builds) seen.add(build);
  }
  console.log(
    `${BOOTS} boots: ${results.whole} whole, ${results.mixed} saw two generations, ` +
      `${results.incomplete} incomplete; ${seen.size} different generations were booted`,
  );
  // A boot that does not complete is a failure too, though of another kind.
  if (results.incomplete > 0 || seen.size < 2) process.exitCode = 1;
}

async function oneBoot(): Promise<{ result: "whole" | "mixed" | "incomplete"; builds: Set<string> }> {
  const base = `http://127.0.0.1:${PORT}`;
  const script = await (await fetch(`${base}/netboot.ipxe?mac=52-54-00-00-00-01&arch=x86_64`)).text();
  const builds = new Set([/build=(\d+)/.exec(script)?.[1] ?? "none"]);
  const urls = [...script.matchAll(/http:\/\/\S+\/media\/\S+/g)].map((match) => match[0]);
  for (const url of urls) {
    const answer = await fetch(url);
    const body = new Uint8Array(await answer.arrayBuffer());
    if (!answer.ok) return { result: "incomplete", builds };
    const text = new TextDecoder("latin1").decode(body);
    for (const match of text.matchAll(/(?:6\.12\.|of build )(\d+)/g)) builds.add(match[1] ?? "none");
  }
  return { result: urls.length < 2 ? "incomplete" : builds.size === 1 ? "whole" : "mixed", builds };
}
