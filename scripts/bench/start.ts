/**
 * 1,000 configured hosts, each with its own link: time from start to ready, and memory. Fails past the bounds.
 *
 *     node scripts/bench/start.ts [STARTS]
 *
 * Prints medians of several starts of each kind: the first one of an installation compiles all sources,
 * later ones find them compiled. Processor time says more than the clock where something else runs too.
 */

import { mkdir, rm, writeFile } from "node:fs/promises";
import { loadavg } from "node:os";
import { join } from "node:path";
import { buildResult, swapLink } from "./make-images.ts";
import { type Bench, type Served, withBench } from "./served.ts";

const STARTS = Number(process.argv[2] ?? 5);
const HOSTS = 1000;
const READY_BOUND_MS = 1000;
const MEMORY_BOUND_MB = 150;

function mac(number: number): string {
  return `52:54:00:00:${[number >> 8, number & 255].map((byte) => byte.toString(16).padStart(2, "0")).join(":")}`;
}

async function prepare(scratch: string): Promise<void> {
  await mkdir(join(scratch, "boot-media/hosts"), { recursive: true });
  await mkdir(join(scratch, "empty/hosts"), { recursive: true });
  const hosts: Record<string, { macs: string[] }> = {};
  for (let number = 0; number < HOSTS; number++) {
    const name = `node-${number}`;
    hosts[name] = { macs: [mac(number)] };
    await swapLink(join(scratch, "boot-media/hosts", name), await buildResult(scratch, name, number), number);
  }
  const lines = Object.entries(hosts).map(([name, { macs }]) => `  ${name}:\n    macs: ["${macs[0]}"]\n`);
  await writeFile(join(scratch, "mayfly.yaml"), `hosts:\n${lines.join("")}`);
  await writeFile(join(scratch, "mayfly.json"), JSON.stringify({ hosts }));
  await writeFile(join(scratch, "empty.yaml"), "");
}

interface Kind {
  readonly name: string;
  readonly args: readonly string[];
  /** Nothing is compiled yet. */
  readonly isFirst?: boolean;
  readonly isBound?: boolean;
}

const KINDS: readonly Kind[] = [
  { name: "first start", args: [], isFirst: true, isBound: true },
  { name: "later start", args: [], isBound: true },
  { name: "the same from JSON", args: ["--config", "mayfly.json"], isBound: true },
  { name: "without any host", args: ["--config", "empty.yaml", "--media", "empty"] },
];

interface Measured {
  readonly readyMs: number;
  readonly processorMs: number;
  readonly memoryMb: number;
}

async function startOnce(bench: Bench, { args, isFirst }: Kind): Promise<Measured> {
  const cache = join(bench.scratch, "cache");
  if (isFirst === true) await rm(cache, { recursive: true, force: true });
  const measure = async (served: Served): Promise<Measured> => {
    const { readyMs, processorMs } = served;
    if (!args.includes("empty")) await checkLastHost(served);
    return { readyMs, processorMs, memoryMb: await served.residentMb() };
  };
  return bench.serve(["--dhcp", "off", ...args], measure, { XDG_CACHE_HOME: cache, CACHE_DIRECTORY: "" });
}

async function checkLastHost({ namespace }: Served): Promise<void> {
  const url = `http://127.0.0.1:8080/netboot.ipxe?mac=${mac(HOSTS - 1).replaceAll(":", "-")}`;
  const script = await namespace.run("curl", "-fsS", url);
  if (!script.includes(`build=${HOSTS - 1}`)) throw new Error(`the last host is not served:\n${script}`);
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

await withBench(async (bench) => {
  await prepare(bench.scratch);
  console.log(
    `${HOSTS} hosts, medians of ${STARTS} starts; bounds: ready ${READY_BOUND_MS} ms, ${MEMORY_BOUND_MB} MB`,
  );
  for (const kind of KINDS) {
    const runs: Measured[] = [];
    while (runs.length < STARTS) runs.push(await startOnce(bench, kind));
    const readyMs = median(runs.map((run) => run.readyMs));
    const memoryMb = median(runs.map((run) => run.memoryMb));
    const processorMs = median(runs.map((run) => run.processorMs));
    console.log(
      `${kind.name.padEnd(20)} ready in ${readyMs.toFixed(0).padStart(4)} ms, processor ` +
        `${processorMs.toFixed(0).padStart(4)} ms, ${memoryMb.toFixed(0).padStart(3)} MB resident`,
    );
    if (kind.isBound && (readyMs > READY_BOUND_MS || memoryMb > MEMORY_BOUND_MB)) process.exitCode = 1;
  }
  console.log(`load average ${loadavg()[0]?.toFixed(1)}`);
});
