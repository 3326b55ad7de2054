/**
 * Compares TFTP servers side by side in one run: ours, and tftpd-hpa, atftpd and dnsmasq where they are found.
 *
 * Each server serves the same folder on port 69 of a network namespace of its own, pinned to the first
 * core; real clients (busybox for a window of 1, atftp for more) run on the other ones. Needs root.
 *
 *     npx node scripts/bench/tftp.ts [--runs 3] [--peers DIR]
 *
 * `--peers` names a folder with unpacked packages (`dpkg -x`), since tftpd-hpa and atftpd cannot both
 * be installed. Printed are the median of the runs, in MB/s, the server's CPU seconds per GB, and our
 * ratio to the best peer.
 */

import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { parseArgs } from "node:util";
import type { Namespace } from "../../src/lab/namespace.ts";
import type { Program } from "../../src/lab/program.ts";
import { createNetwork, type Network } from "../../test/support/cables.ts";
import { GENERATION } from "../../test/support/worlds.ts";

interface Server {
  readonly name: string;
  readonly command: readonly string[];
  /** What a client asks for; `media/…` is ours. */
  readonly prefix: string;
  readonly windows: boolean;
}

/** A server that runs. */
interface Running {
  readonly server: Server;
  readonly program: Program;
  readonly namespace: Namespace;
}

interface Case {
  readonly title: string;
  readonly clients: number;
  readonly megabytes: number;
  readonly windowSize: number;
}

interface Measurement {
  readonly megabytesPerSecond: number;
  readonly cpuSecondsPerGigabyte: number;
}

const CASES: readonly Case[] = [
  { title: "1 client, 20 MB, window 1", clients: 1, megabytes: 20, windowSize: 1 },
  { title: "10 clients, 10 MB, window 1", clients: 10, megabytes: 10, windowSize: 1 },
  { title: "200 clients, 1 MB, window 1", clients: 200, megabytes: 1, windowSize: 1 },
  { title: "1 client, 50 MB, window 4", clients: 1, megabytes: 50, windowSize: 4 },
  { title: "1 client, 50 MB, window 16", clients: 1, megabytes: 50, windowSize: 16 },
  { title: "1 client, 50 MB, window 64", clients: 1, megabytes: 50, windowSize: 64 },
  { title: "10 clients, 20 MB, window 4", clients: 10, megabytes: 20, windowSize: 4 },
  { title: "10 clients, 20 MB, window 16", clients: 10, megabytes: 20, windowSize: 16 },
  { title: "10 clients, 20 MB, window 64", clients: 10, megabytes: 20, windowSize: 64 },
];

const { values } = parseArgs({
  options: {
    runs: { type: "string", default: "3" },
    peers: { type: "string" },
    only: { type: "string" },
  },
});
const SERVE = join(import.meta.dirname, "../../test/support/tftp-serve.ts");
const folder = mkdtempSync(join(tmpdir(), "mayfly-bench-"));
const clientCores = cpus().length > 1 ? `1-${cpus().length - 1}` : "0";

function findPeer(program: string): string | undefined {
  const places = [
    "/usr/sbin",
    "/usr/bin",
    ...(values.peers === undefined ? [] : [join(values.peers, "usr/sbin")]),
  ];
  return places.map((place) => join(place, program)).find((path) => existsSync(path));
}

function servers(): Server[] {
  const ours = {
    name: "mayfly",
    command: [process.execPath, SERVE, folder, "127.0.0.1", "69"],
    prefix: `media/${GENERATION.id}/`,
    windows: true,
  };
  const [hpa, atftpd, dnsmasq] = ["in.tftpd", "atftpd", "dnsmasq"].map(findPeer);
  const peer = (name: string, windows: boolean, command: readonly (string | undefined)[]) =>
    command[0] === undefined ? [] : [{ name, windows, prefix: "", command: command as string[] }];
  return [
    ours,
    ...peer("tftpd-hpa", false, [hpa, "-L", "-a", "127.0.0.1:69", "-u", "root", "-s", folder]),
    ...peer("atftpd", true, [
      ...[atftpd, "--daemon", "--no-fork", "--bind-address", "127.0.0.1", "--maxthread", "300"],
      ...["--user", "root", "--group", "root", "--verbose=1", "--logfile", "/dev/null", folder],
    ]),
    ...peer("dnsmasq", false, [
      ...[dnsmasq, "--keep-in-foreground", "--conf-file=/dev/null", "--port=0", "--enable-tftp"],
      ...[`--tftp-root=${folder}`, "--listen-address=127.0.0.1", "--bind-interfaces", "--user=root"],
      ...["--tftp-max=1000", "--log-facility=/dev/null", "--pid-file="],
    ]),
  ];
}

/** Of the process and of those children that it has waited for, in seconds: tftpd-hpa waits for none. */
function cpuSeconds(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1]?.split(" ") ?? [];
  const ticks = fields.slice(11, 15).reduce((sum, field) => sum + Number(field), 0);
  return ticks / 100;
}

function clientCommand({ prefix }: Server, file: string, windowSize: number): readonly string[] {
  if (windowSize === 1) {
    return ["busybox", "tftp", "-g", "-b", "1468", "-r", `${prefix}${file}`, "-l", "/dev/null", "127.0.0.1"];
  }
  return [
    ...["atftp", "--option", "blksize 1468", "--option", `windowsize ${windowSize}`],
    ...["-g", "-r", `${prefix}${file}`, "-l", "/dev/null", "127.0.0.1"],
  ];
}

/** Clients start by one shell, so that starting them costs every server the same. */
async function fetchAll(
  { server, namespace }: Running,
  { clients, megabytes, windowSize }: Case,
): Promise<void> {
  const one = clientCommand(server, `${megabytes}`, windowSize)
    .map((word) => `'${word}'`)
    .join(" ");
  const script = `set -e; pids=; for i in $(seq ${clients}); do ${one} 2>&1 & pids="$pids $!"; done; for p in $pids; do wait $p; done`;
  await namespace.run("taskset", "-c", clientCores, "sh", "-c", script);
}

async function measure(running: Running, each: Case): Promise<Measurement> {
  const { pid } = running.program;
  const cpuBefore = cpuSeconds(pid);
  const startedMs = performance.now();
  await fetchAll(running, each);
  const seconds = (performance.now() - startedMs) / 1000;
  const megabytes = each.clients * each.megabytes;
  return {
    megabytesPerSecond: megabytes / seconds,
    cpuSecondsPerGigabyte: ((cpuSeconds(pid) - cpuBefore) / megabytes) * 1000,
  };
}

/** For our server: no line for each event. For the others: the libraries that unpacked packages bring along. */
function environment(): NodeJS.ProcessEnv {
  if (values.peers === undefined) return { QUIET: "1" };
  const machine = process.arch === "x64" ? "x86_64" : "aarch64";
  return { QUIET: "1", LD_LIBRARY_PATH: join(values.peers, "usr/lib", `${machine}-linux-gnu`) };
}

async function start(server: Server, network: Network): Promise<Running> {
  const namespace = await network.namespace(server.name);
  // tftpd-hpa resolves no IPv4 address, not even a numeric one, where there is none but loopback's.
  await namespace.run("ip", "address", "add", "10.99.0.1/32", "dev", "lo");
  const program = await namespace.start(["taskset", "-c", "0", ...server.command], { env: environment() });
  for (let tries = 0; tries < 100; tries++) {
    const sockets = await namespace.run("cat", "/proc/net/udp");
    if (/0100007F:0045/.test(sockets)) return { server, program, namespace };
    await delay(50);
  }
  throw new Error(`${server.name} does not listen on port 69: ${program.text()}`);
}

/** All servers run at once, each in its namespace, and take turns: what else the machine does meets all alike. */
async function runAll(all: readonly Server[], cases: readonly Case[], runs: number) {
  const results = new Map<string, Measurement[]>();
  const network = await createNetwork();
  try {
    const running: Running[] = [];
    for (const server of all) running.push(await start(server, network));
    for (const each of cases) {
      for (let i = 0; i < runs; i++) {
        for (const one of running) {
          if (each.windowSize > 1 && !one.server.windows) continue;
          const key = `${one.server.name} ${each.title}`;
          results.set(key, [...(results.get(key) ?? []), await measure(one, each)]);
        }
      }
    }
  } finally {
    await network.close();
  }
  return results;
}

function median(numbers: readonly number[]): number {
  return numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? Number.NaN;
}

function print(
  all: readonly Server[],
  cases: readonly Case[],
  results: ReadonlyMap<string, Measurement[]>,
): void {
  const columns = all.map(({ name }) => name.padStart(18)).join("");
  process.stdout.write(`${"MB/s (CPU s/GB)".padEnd(32)}${columns}   to the best peer\n`);
  for (const { title } of cases) {
    const speeds = all.map(({ name }) => {
      const found = results.get(`${name} ${title}`);
      if (found === undefined) return undefined;
      const speed = median(found.map((each) => each.megabytesPerSecond));
      return { speed, cpu: median(found.map((each) => each.cpuSecondsPerGigabyte)) };
    });
    const cells = speeds.map((each) =>
      (each === undefined
        ? "-"
        : `${each.speed.toFixed(0)} (${each.cpu > 0 ? each.cpu.toFixed(2) : "?"})`
      ).padStart(18),
    );
    const best = Math.max(...speeds.slice(1).map((each) => each?.speed ?? 0));
    const ratio = best > 0 ? ((speeds[0]?.speed ?? 0) / best).toFixed(2) : "-";
    process.stdout.write(`${title.padEnd(32)}${cells.join("")}   ${ratio}\n`);
  }
}

const cases = CASES.filter(({ title }) => values.only === undefined || title.includes(values.only));
const all = servers();
try {
  for (const size of new Set(cases.map(({ megabytes }) => megabytes))) {
    writeFileSync(join(folder, `${size}`), Buffer.alloc(size * 1_000_000, "a block that is no zeros "));
  }
  print(all, cases, await runAll(all, cases, Number(values.runs)));
} finally {
  rmSync(folder, { recursive: true });
}
