/**
 * A million random and mutated datagrams to each UDP port of the server, twice, and hostile HTTP beside it.
 *
 * Fails when the server ends, reports a bug, grows, or does not serve afterwards. The same seed sends the same.
 *
 * usage: node scripts/bench/fuzz.ts [DATAGRAMS_PER_PORT] [SEED]
 */

import { createSocket } from "node:dgram";
import { once } from "node:events";
import { mkdir, readdir, readFile } from "node:fs/promises";
import { connect } from "node:net";
import { join } from "node:path";
import { udpDatagrams } from "../../test/support/captured.ts";
import { createRandom, mutate, type Random } from "../../test/support/random.ts";
import { buildResult, swapLink } from "./make-images.ts";
import { type Served, withServer } from "./served.ts";

const PORTS = [67, 4011, 69] as const;
const HTTP_PORT = 8080;
const BURST = 128;
const HTTP_EVERY = 4; // bursts
const GROWTH_BOUND_MB = 16;
const CAPTURES = join(import.meta.dirname, "../../test/captures");

const [first = "1000000", second = "1", third] = process.argv.slice(2);

async function prepare(scratch: string): Promise<void> {
  await mkdir(join(scratch, "boot-media/hosts"), { recursive: true });
  await swapLink(join(scratch, "boot-media/hosts/default"), await buildResult(scratch, "beta", 0), 0);
}

async function measure(served: Served): Promise<void> {
  const run = (count: number, seed: number) =>
    served.namespace.run(process.execPath, import.meta.filename, "attack", String(count), String(seed));
  // The first round fills caches and pools; a second one, with other datagrams, must not add to them.
  await run(Number(first), Number(second) + 1);
  const before = await served.residentMb();
  process.stdout.write(await run(Number(first), Number(second)));
  const growth = (await served.residentMb()) - before;
  const curl = (url: string) => served.namespace.run("curl", "-fsS", url);
  const script = await curl(`http://127.0.0.1:${HTTP_PORT}/netboot.ipxe?mac=52-54-00-00-00-01`);
  const autoexec = await curl("tftp://127.0.0.1/autoexec.ipxe");
  const complaints = served.program.text().split("\n").slice(1).filter(Boolean);
  console.log(
    `memory grew by ${growth.toFixed(1)} MB (bound ${GROWTH_BOUND_MB}) from ${before.toFixed(0)} MB`,
  );
  console.log(
    `errors in the log: ${complaints.length}${complaints
      .slice(0, 5)
      .map((line) => `\n  ${line}`)
      .join("")}`,
  );
  const serves = script.includes("build=0") && autoexec.startsWith("#!ipxe");
  console.log(serves ? "the server serves as before" : "the server does not serve any more");
  if (!serves || complaints.length > 0 || growth > GROWTH_BOUND_MB) process.exitCode = 1;
}

/** Runs inside the server's namespace. */
async function attack(count: number, seed: number): Promise<void> {
  const random = createRandom(seed);
  const seeds = await seedDatagrams();
  const http = { sent: 0 };
  for (const port of PORTS) {
    const begun = performance.now();
    const socket = createSocket("udp4");
    socket.bind(0, "127.0.0.1");
    await once(socket, "listening");
    for (let sent = 0; sent < count; sent += BURST) {
      for (let each = 0; each < BURST; each++) socket.send(spoiled(seeds, random), port, "127.0.0.1");
      await emptyQueue(port);
      if ((sent / BURST) % HTTP_EVERY === 0) await hostileHttp(random, http);
    }
    socket.close();
    const { drops } = await queueOf(port);
    const seconds = (performance.now() - begun) / 1000;
    console.log(
      `port ${port}: ${count} datagrams in ${seconds.toFixed(0)} s, ${drops} dropped by the kernel`,
    );
  }
  console.log(`HTTP: ${http.sent} hostile requests`);
}

/** Every datagram that real clients and servers sent, and a few read requests that would be answered. */
async function seedDatagrams(): Promise<Uint8Array[]> {
  const files = (await readdir(CAPTURES)).filter((name) => name.endsWith(".pcap"));
  const captures = await Promise.all(
    files.map(async (name) => udpDatagrams(await readFile(join(CAPTURES, name)))),
  );
  const captured = captures.flat().map(({ datagram }) => datagram.payload);
  const requests = ["autoexec.ipxe", "undionly.kpxe", "media/none/bzImage", "../../etc/passwd"].map((name) =>
    new TextEncoder().encode(`\0\x01${name}\0octet\0blksize\x001468\0tsize\x000\0windowsize\x004\0`),
  );
  return [...captured, ...requests];
}

function spoiled(seeds: readonly Uint8Array[], random: Random): Uint8Array {
  if (random(4) === 0) return Uint8Array.from({ length: random(600) }, () => random(256));
  return mutate(seeds[random(seeds.length)] ?? new Uint8Array(0), random);
}

/** Waits until the server has read what is queued, so that no datagram is dropped unread. */
async function emptyQueue(port: number): Promise<void> {
  const deadline = performance.now() + 10_000;
  while ((await queueOf(port)).bytes > 0) {
    if (performance.now() > deadline) throw new Error(`the server does not read port ${port} any more`);
    await new Promise((resolve) => setImmediate(resolve));
  }
}

async function queueOf(port: number): Promise<{ bytes: number; drops: number }> {
  const wanted = `:${port.toString(16).toUpperCase().padStart(4, "0")}`;
  const rows = (await readFile("/proc/self/net/udp", "utf8")).split("\n").slice(1);
  const found = rows.map((row) => row.trim().split(/\s+/)).filter((cells) => cells[1]?.endsWith(wanted));
  if (found.length === 0) throw new Error(`nobody has port ${port} open any more`);
  const sum = (read: (cells: string[]) => number) => found.reduce((total, cells) => total + read(cells), 0);
  return {
    bytes: sum((cells) => Number.parseInt(cells[4]?.split(":")[1] ?? "0", 16)),
    drops: sum((cells) => Number(cells[12])),
  };
}

const REQUEST_LINES = [
  "GET /netboot.ipxe?mac=%zz HTTP/1.1",
  "GET /media/../../../etc/passwd HTTP/1.1",
  "HEAD /media/%00/%2e%2e%2f HTTP/1.1",
  "GET /netboot.ipxe?mac=52-54-00-00-00-01 HTTP/1.1",
  "POST /hosts/default/bzImage HTTP/1.0",
  "\x16\x03\x01\x02\x00\x01\x00",
];
const HEADERS = [
  "Host: x",
  "Host: [",
  "Range: bytes=-",
  "Range: bytes=9-1,-0",
  "Content-Length: -1",
  "Transfer-Encoding: a",
];

async function hostileHttp(random: Random, http: { sent: number }): Promise<void> {
  const pick = (from: readonly string[]) => from[random(from.length)] ?? "";
  const text = [pick(REQUEST_LINES), pick(HEADERS), pick(HEADERS), "", ""].join("\r\n");
  const bytes = new TextEncoder().encode(text);
  const socket = connect({ port: HTTP_PORT, host: "127.0.0.1" });
  socket.on("error", () => {}); // A reset is an answer too.
  socket.end(random(2) === 0 ? bytes : mutate(bytes, random));
  socket.resume();
  http.sent++;
  await once(socket, "close");
}

if (first === "attack") await attack(Number(second), Number(third));
else await withServer(["--http-port", String(HTTP_PORT), "--log-level", "error"], prepare, measure);
