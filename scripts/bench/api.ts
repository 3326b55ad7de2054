/**
 * Measures the API with a thousand hosts, ten thousand machines seen and a hundred thousand past boots: how
 * long its lists take, how much memory the server has, and what the event stream costs while five hundred
 * machines ask at once. Fails above 50 ms at the 99th percentile, and above 250 MB.
 *
 * The paths are asked in turn, and `/healthz` with them: what that one takes the machine itself is slow by.
 *
 * Usage: npx node scripts/bench/api.ts [ROUNDS]
 */

import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { Agent, get } from "node:http";
import { loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { openStore } from "../../src/io/store/sqlite-store.ts";
import { buildResult, swapLink } from "./make-images.ts";
import { fillSessions, HOSTS, macOf } from "./past-sessions.ts";

const ROUNDS = Number(process.argv[2] ?? 200);
const MACHINES = 10_000;
const SESSIONS = 100_000;
const BOUND_MS = 50;
const BOUND_MB = 250;
/** So many rounds are not counted: Node compiles what it runs often. */
const WARM_ROUNDS = 20;
/** A path is asked so often to know what the processor spends on it, which is told in ticks of 10 ms. */
const CPU_ROUNDS = 50;
const LISTENERS = [0, 1, 20];
const STORM_MACHINES = 500;
const STORM_ROUNDS = 10;
const MS_PER_TICK = 10;

async function prepare(scratch: string): Promise<void> {
  await mkdir(join(scratch, "boot-media/hosts"), { recursive: true });
  const hosts: Record<string, { macs: string[] }> = {};
  for (let number = 0; number < HOSTS; number++) {
    const name = `node-${number}`;
    hosts[name] = { macs: [macOf(number)] };
    await swapLink(join(scratch, "boot-media/hosts", name), await buildResult(scratch, name, number), number);
  }
  await writeFile(join(scratch, "mayfly.yaml"), JSON.stringify({ hosts, unknown: "hold" }));
  const store = await openStore(join(scratch, "state"));
  const entries = Array.from({ length: MACHINES }, (_, number) => {
    const lastSeenMs = Date.now() - (MACHINES - number) * 1000;
    const seen = {
      ...{ mac: macOf(number), firstSeenMs: lastSeenMs - 86_400_000, lastSeenMs, visits: 3, stage: "ipxe" },
      told: { type: "stranger", reason: "hold" },
      ...{ arch: 7, isa: "x86", uuid: crypto.randomUUID(), serial: `SN${number}`, vendor: "" },
      facts: { platform: "efi", nic: "i350", manufacturer: "Supermicro", product: "X11SCL" },
      address: "127.0.0.1",
    };
    return { kind: "machine", key: seen.mac, value: seen };
  });
  await store.put(entries);
  await fillSessions(store, SESSIONS);
  await store.close();
}

interface Served {
  readonly pid: number;
  readonly http: string;
  readonly admin: string;
}

async function serve<Result>(scratch: string, work: (served: Served) => Promise<Result>): Promise<Result> {
  const bin = join(import.meta.dirname, "../../bin/mayfly.js");
  const flags = ["--interface", "lo", "--dhcp", "off", "--http-port", "0", "--tftp-port", "0"];
  const server = spawn(
    process.execPath,
    [bin, "serve", ...flags, "--admin", "127.0.0.1:0", "--log-level", "warn"],
    { cwd: scratch, stdio: ["ignore", "pipe", "inherit"], env: { ...process.env, MAYFLY_STATE: "state" } },
  );
  try {
    let text = "";
    for await (const chunk of server.stdout) {
      text += chunk;
      if (text.includes("\n")) break;
    }
    const [, http = ""] = /is ready: (http:\/\/[\d.:]+)/.exec(text) ?? [];
    const [, admin = ""] = /admin plane on (http:\/\/[\d.:]+)/.exec(text) ?? [];
    return await work({ pid: server.pid ?? 0, http, admin });
  } finally {
    server.kill();
    await once(server, "exit");
  }
}

const agent = new Agent({ keepAlive: true, maxSockets: 100 });

/** Plain HTTP: `fetch` would cost as much as what it measures. */
function ask(url: string): Promise<number> {
  return new Promise((resolve, reject) => {
    get(url, { agent }, (response) => {
      let bytes = 0;
      response.on("data", (chunk: Uint8Array) => {
        bytes += chunk.length;
      });
      response.on("end", () =>
        response.statusCode === 200 ? resolve(bytes) : reject(new Error(`${url}: ${response.statusCode}`)),
      );
    }).on("error", reject);
  });
}

function part(sorted: readonly number[], share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}

const PATHS = [
  ...["hosts", "hosts?limit=100", "hosts/node-500", "machines", "machines?limit=100"],
  ...["machines?known=false&limit=100", "status", "sessions", "sessions?limit=250"],
  ...["sessions?host=node-77", "sessions?outcome=failed", "sessions?host=node-77&outcome=failed"],
  ...[
    "hosts/node-77/medians",
    "hosts/node-77/boot-times?weeks=52",
    "hosts/node-77/generations",
    "rollouts",
    "rollouts?limit=100",
    "builds",
  ],
  ...["openapi.json"],
];

async function measureLists({ admin, pid }: Served): Promise<void> {
  const boot = JSON.parse(await read(`${admin}/api/v1/sessions?limit=1`)).sessions[0].id;
  const paths = [...PATHS, `sessions/${boot}`].map((path) => ({ path, url: `${admin}/api/v1/${path}` }));
  const all = [
    ...paths,
    { path: "/metrics", url: `${admin}/metrics` },
    { path: "/healthz", url: `${admin}/healthz` },
  ];
  console.log(
    `${HOSTS} hosts, ${MACHINES} machines, ${SESSIONS} boots, ${ROUNDS} rounds; bound ${BOUND_MS} ms at the 99th percentile`,
  );
  const times = new Map(all.map(({ path }) => [path, [] as number[]]));
  const sizes = new Map<string, number>();
  for (let round = -WARM_ROUNDS; round < ROUNDS; round++) {
    for (const { path, url } of all) {
      const started = performance.now();
      sizes.set(path, await ask(url));
      if (round >= 0) times.get(path)?.push(performance.now() - started);
    }
  }
  for (const { path, url } of all) {
    const before = await processorMs(pid);
    for (let round = 0; round < CPU_ROUNDS; round++) await ask(url);
    const spent = ((await processorMs(pid)) - before) / CPU_ROUNDS;
    const sorted = (times.get(path) ?? []).sort((a, b) => a - b);
    const [middle, last] = [part(sorted, 0.5), part(sorted, 0.99)];
    console.log(
      `${path.padEnd(38)} ${((sizes.get(path) ?? 0) / 1000).toFixed(0).padStart(5)} kB  median ${middle.toFixed(1).padStart(5)} ms  ` +
        `99 % ${last.toFixed(1).padStart(5)} ms  processor ${spent.toFixed(1).padStart(4)} ms`,
    );
    if (last > BOUND_MS && path !== "/healthz") process.exitCode = 1;
  }
}

async function read(url: string): Promise<string> {
  return (await fetch(url)).text();
}

async function processorMs(pid: number): Promise<number> {
  const line = await readFile(`/proc/${pid}/stat`, "utf8");
  const fields = line.slice(line.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[11]) + Number(fields[12])) * MS_PER_TICK;
}

async function storm({ http }: Served): Promise<number> {
  const started = performance.now();
  for (let round = 0; round < STORM_ROUNDS; round++) {
    const all = Array.from({ length: STORM_MACHINES }, (_, number) =>
      ask(`${http}/netboot.ipxe?mac=${macOf(number).replaceAll(":", "-")}`),
    );
    await Promise.all(all);
  }
  return performance.now() - started;
}

/** The same storm with nobody and with many who listen. */
async function measureStream(served: Served): Promise<void> {
  // The first one is slower, whoever listens.
  for (let warm = 0; warm < 2; warm++) await storm(served);
  for (const listeners of LISTENERS) {
    const heard = { events: 0, chunks: 0, bytes: 0 };
    const open = await Promise.all(Array.from({ length: listeners }, () => listen(served.admin, heard)));
    const before = await processorMs(served.pid);
    const took = await storm(served);
    // The last batch.
    await new Promise((resolve) => setTimeout(resolve, 300));
    const spent = (await processorMs(served.pid)) - before;
    for (const each of open) each.destroy();
    const each =
      listeners === 0
        ? ""
        : `; each heard ${heard.events / listeners} events in ${(heard.chunks / listeners).toFixed(0)} pieces`;
    console.log(
      `${STORM_MACHINES * STORM_ROUNDS} scripts, ${String(listeners).padStart(2)} who listen: ${took.toFixed(0)} ms, ` +
        `processor ${spent} ms${each}`,
    );
  }
}

async function listen(admin: string, heard: { events: number; chunks: number; bytes: number }) {
  const asked = get(`${admin}/api/v1/events?types=script`);
  asked.on("error", () => {});
  const [response] = await once(asked, "response");
  response.on("error", () => {});
  response.on("data", (chunk: Uint8Array) => {
    heard.chunks++;
    heard.bytes += chunk.length;
    heard.events += Buffer.from(chunk).toString("latin1").split('data: {"type":"script"').length - 1;
  });
  return asked;
}

async function residentMb(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, "utf8");
  return (Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1]) * 1024) / 1e6;
}

const scratch = await mkdtemp(join(tmpdir(), "mayfly-bench-"));
try {
  await prepare(scratch);
  await serve(scratch, async (served) => {
    console.log(`before anybody asks: ${(await residentMb(served.pid)).toFixed(0)} MB resident`);
    await measureLists(served);
    console.log(`afterwards: ${(await residentMb(served.pid)).toFixed(0)} MB resident`);
    await measureStream(served);
    const mb = await residentMb(served.pid);
    console.log(`afterwards: ${mb.toFixed(0)} MB resident (bound ${BOUND_MB})`);
    if (mb > BOUND_MB) process.exitCode = 1;
  });
  console.log(`load average ${loadavg()[0]?.toFixed(1)}`);
} finally {
  agent.destroy();
  await rm(scratch, { recursive: true, force: true });
}
