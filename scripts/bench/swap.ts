/** Measures how soon a thousand links in one folder are served: at the start, and after all were swapped. */

import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { performance } from "node:perf_hooks";
import { startImages } from "../../src/io/images/images.ts";
import { createWorld } from "../../src/io/world.ts";

const LINKS = Number(process.argv[2] ?? 1000);
/** How many of the links lead to a store path of their own; the rest share one. */
const DISTINCT = Number(process.argv[3] ?? LINKS);
const ROUNDS = 5;

/** Swaps as nix does, in a process of its own: a temporary link, renamed over the old one. */
const SWAP = `
const { renameSync, symlinkSync } = require("node:fs");
process.on("message", ({ hosts, targets }) => {
  const times = [];
  for (const [i, target] of targets.entries()) {
    const link = hosts + "/host-" + i;
    symlinkSync(target, link + ".tmp-1-" + i);
    renameSync(link + ".tmp-1-" + i, link);
    times.push(performance.timeOrigin + performance.now());
  }
  process.send(times);
});
process.send("ready");
`;

const folder = mkdtempSync(join(tmpdir(), "mayfly-swap-"));
const store = join(folder, "store");
const hosts = join(folder, "hosts");
mkdirSync(hosts);

function storePath(round: number, i: number): string {
  const hash = `${round}${i}`.padStart(32, "0");
  return join(store, `${hash}-kexec-tree`);
}

function target(round: number, i: number): string {
  return storePath(round, i % DISTINCT);
}

for (let round = 0; round <= ROUNDS; round++) {
  for (let i = 0; i < DISTINCT; i++) {
    const path = storePath(round, i);
    mkdirSync(path, { recursive: true });
    writeFileSync(join(path, "bzImage"), `kernel ${round} ${i}`);
    writeFileSync(join(path, "initrd.zst"), `initrd ${round} ${i}`);
    writeFileSync(join(path, "kexec-boot"), `kexec --load bzImage --command-line "init=/${round}/${i}"\n`);
  }
}
for (let i = 0; i < LINKS; i++) symlinkSync(target(0, i), join(hosts, `host-${i}`));

const rssBefore = process.memoryUsage().rss;
const world = createWorld();
const startedMs = performance.now();
const images = startImages({ world, hostsFolder: hosts, settings: { keepUnusedMs: 1000 } });
await images.ready;
const published = [...world.snapshot().images.values()].filter(({ current }) => current !== undefined).length;
console.log(`${LINKS} links to ${DISTINCT} store paths`);
console.log(`ready: ${published} published in ${(performance.now() - startedMs).toFixed(0)} ms`);

const swapper = spawn(process.execPath, ["-e", SWAP], { stdio: ["ignore", "inherit", "inherit", "ipc"] });
await once(swapper, "message");
for (let round = 1; round <= ROUNDS; round++) {
  const { promise, resolve } = Promise.withResolvers<void>();
  const served = new Map<string, number>();
  const stop = world.subscribe((event) => {
    if (event.type !== "published") return;
    const i = Number(event.image.slice("host-".length));
    if (event.generation.path !== target(round, i)) return;
    served.set(event.image, performance.timeOrigin + performance.now());
    if (served.size === LINKS) resolve();
  });
  const swapped = once(swapper, "message") as Promise<[readonly number[]]>;
  swapper.send({ hosts, targets: Array.from({ length: LINKS }, (_, i) => target(round, i)) });
  const [[times]] = await Promise.all([swapped, promise]);
  stop();
  const { images: now, generations } = world.snapshot();
  for (let i = 0; i < LINKS; i++) {
    const id = now.get(`host-${i}`)?.current ?? "";
    if (generations.get(id)?.path !== target(round, i))
      throw new Error(`host-${i} is not what its link says`);
  }
  const waits = times.map((time, i) => (served.get(`host-${i}`) ?? Number.NaN) - time).sort((x, y) => x - y);
  const at = (share: number) => waits[Math.min(LINKS - 1, Math.floor(share * LINKS))]?.toFixed(0);
  const swappingMs = (times.at(-1) ?? 0) - (times[0] ?? 0);
  console.log(
    `round ${round}: ${LINKS} swaps within ${swappingMs.toFixed(0)} ms; ` +
      `from swap to served ${at(0.5)} ms (median), ${at(0.99)} ms (99 %), ${at(1)} ms (the longest)`,
  );
}
const { user, system } = process.cpuUsage();
console.log(`processor: ${(user / 1000).toFixed(0)} ms user, ${(system / 1000).toFixed(0)} ms system in all`);
console.log(
  `memory: ${((process.memoryUsage().rss - rssBefore) / 1e6).toFixed(0)} MB more than before the start`,
);
swapper.disconnect();
await images.close();
rmSync(folder, { recursive: true });
