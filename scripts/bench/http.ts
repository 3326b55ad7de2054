/**
 * Measures the boot plane beside nginx, in one run on one machine: a 500 MB file, 1 and 50 clients.
 *
 *     node scripts/bench/http.ts [ROUNDS]
 *
 * Wants nginx, curl and taskset; the server has one core, the clients another. Prints for each case our
 * throughput, nginx's, and the ratio of their medians: figures of different runs do not compare.
 */

import { type ChildProcess, spawn } from "node:child_process";
import { mkdir, mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Generation } from "../../src/boot/generation.ts";
import { apply, EMPTY_SNAPSHOT } from "../../src/boot/snapshot.ts";
import { startHttpServer } from "../../src/io/http/http-server.ts";
import { createWorld } from "../../src/io/world.ts";
import { createFolderShelf } from "../../test/support/folder-shelf.ts";

const FILE_BYTES = 500_000_000;
const ID = "bench";
const CASES = [1, 50] as const;

const [, , first, second] = process.argv;
if (first === "serve") await serve(second ?? "");
else await compare(Number(first ?? 3));

/** The process that is measured: the boot plane over one file. */
async function serve(folder: string): Promise<void> {
  const generation: Generation = {
    id: ID,
    shape: "plain",
    path: join(folder, "media", ID),
    initrds: ["initrd"],
    kernelParams: "",
    files: new Map([["initrd", FILE_BYTES]]),
  };
  const server = await startHttpServer({
    world: createWorld(apply(EMPTY_SNAPSHOT, [{ type: "published", image: "bench", generation }])),
    shelf: createFolderShelf(),
    ready: () => true,
    addresses: [{ host: "127.0.0.1", port: 0 }],
  });
  process.stdout.write(`${server.addresses[0]?.port}\n`);
}

interface Measured {
  readonly name: string;
  readonly process: ChildProcess;
  /** Whose CPU time counts: for nginx its worker. */
  readonly pid: number;
  readonly port: number;
}

async function compare(rounds: number): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "mayfly-bench-"));
  const servers: Measured[] = [];
  try {
    await makeFile(join(folder, "media", ID));
    servers.push(await startMayfly(folder), await startNginx(folder));
    for (const clients of CASES) await compareCase(servers, clients, rounds);
  } finally {
    for (const server of servers) server.process.kill();
    await rm(folder, { recursive: true });
  }
}

async function compareCase(servers: readonly Measured[], clients: number, rounds: number): Promise<void> {
  const runs = new Map(servers.map(({ name }) => [name, [] as { rate: number; cpu: number }[]]));
  // Alternating, so that what else the machine does falls on both.
  for (let round = 0; round < rounds; round++) {
    for (const server of servers) runs.get(server.name)?.push(await measure(server, clients));
  }
  const [ours = 0, theirs = 1] = servers.map(({ name }) =>
    median(runs.get(name)?.map(({ rate }) => rate) ?? []),
  );
  for (const { name, pid } of servers) {
    const rate = median(runs.get(name)?.map((run) => run.rate) ?? []);
    const cpu = median(runs.get(name)?.map((run) => run.cpu) ?? []);
    const rss = await residentMb(pid);
    console.log(
      `${String(clients).padStart(2)} curl  ${name.padEnd(7)} ${rate.toFixed(0).padStart(5)} MB/s` +
        `  ${cpu.toFixed(2)} CPU s/GB  ${rss} MB RSS`,
    );
  }
  console.log(`${String(clients).padStart(2)} curl  ratio   ${(ours / theirs).toFixed(2)} of nginx`);
}

async function measure({ pid, port }: Measured, clients: number): Promise<{ rate: number; cpu: number }> {
  const url = `http://127.0.0.1:${port}/media/${ID}/initrd`;
  const cpuBefore = await cpuSeconds(pid);
  const startedAt = performance.now();
  await Promise.all(Array.from({ length: clients }, () => curl(url)));
  const seconds = (performance.now() - startedAt) / 1000;
  const sentBytes = clients * FILE_BYTES;
  return { rate: sentBytes / 1e6 / seconds, cpu: ((await cpuSeconds(pid)) - cpuBefore) / (sentBytes / 1e9) };
}

async function curl(url: string): Promise<void> {
  const child = spawn("taskset", ["-c", "1", "curl", "-sS", "--fail", "-o", "/dev/null", url], {
    stdio: "inherit",
  });
  const code = await new Promise((resolve) => child.once("close", resolve));
  if (code !== 0) throw new Error(`curl ended with ${code}`);
}

async function startMayfly(folder: string): Promise<Measured> {
  const args = ["-c", "0", process.execPath, fileURLToPath(import.meta.url), "serve", folder];
  const child = spawn("taskset", args, { stdio: ["ignore", "pipe", "inherit"] });
  const port = await new Promise<number>((resolve) =>
    child.stdout.once("data", (line) => resolve(Number(line))),
  );
  return { name: "mayfly", process: child, pid: child.pid ?? 0, port };
}

async function startNginx(folder: string): Promise<Measured> {
  const port = await freePort();
  const config = join(folder, "nginx.conf");
  await writeFile(
    config,
    `daemon off; master_process off; pid ${folder}/nginx.pid; error_log stderr error; user root;
    events { worker_connections 1024; }
    http { access_log off; sendfile on; tcp_nopush on; server { listen 127.0.0.1:${port}; root ${folder}; } }\n`,
  );
  const child = spawn("taskset", ["-c", "0", "nginx", "-c", config], {
    stdio: ["ignore", "ignore", "inherit"],
  });
  await answering(port);
  return { name: "nginx", process: child, pid: child.pid ?? 0, port };
}

async function answering(port: number): Promise<void> {
  for (let tries = 0; tries < 100; tries++) {
    const isUp = await fetch(`http://127.0.0.1:${port}/`).then(
      () => true,
      () => false,
    );
    if (isUp) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error("nginx does not answer");
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => resolve(typeof address === "object" ? (address?.port ?? 0) : 0));
    });
  });
}

async function makeFile(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, "initrd"), new Uint8Array(FILE_BYTES).fill(0x6d));
  // Read once, so that both find it in the page cache.
  if ((await stat(join(folder, "initrd"))).size !== (await readFile(join(folder, "initrd"))).length)
    throw new Error();
}

async function cpuSeconds(pid: number): Promise<number> {
  const fields = (await readFile(`/proc/${pid}/stat`, "utf8")).replace(/^.*\) /, "").split(" ");
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

async function residentMb(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, "utf8");
  return Math.round(Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? 0) / 1000);
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}
