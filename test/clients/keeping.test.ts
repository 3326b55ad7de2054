/**
 * Generations kept and let go of, shown by real nix: builds, rollbacks and collections at random while machines
 * boot, and a server that is killed in the middle.
 */

import {
  existsSync,
  mkdirSync,
  readdirSync,
  readlinkSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { startImages } from "../../src/io/images/images.ts";
import { createGcRoots } from "../../src/io/keeping/gc-roots.ts";
import { createWorld } from "../../src/io/world.ts";
import { type Program, runProgram, startProgram } from "../../src/lab/program.ts";
import { homestakeros } from "../support/image-folders.ts";
import { MAYFLY } from "../support/mayfly-server.ts";
import { lacks } from "../support/needs.ts";
import { BUILDER_SHAPES } from "../support/nix-expressions.ts";
import { createNixStore, type NixStore, nixEnvironment } from "../support/nix-store.ts";
import { createRandom, type Random } from "../support/random.ts";

type HostName = "beta" | "gamma";
const NAMES: readonly HostName[] = ["beta", "gamma"];
/** Each boot is that of a machine of its own. */
const MACHINES = 60;

const BUILDS = 20;
const DEPTH = 3;
/** The server is killed after these builds. */
const KILLED_AFTER: readonly number[] = [7, 14];
/** An initrd of eight megabytes takes two seconds. */
const RATE = 4;
/** Longer than a server takes to be back. */
const KEEP_MINUTES = 0.15;
const SEED = 20261122;
const WITHIN_MS = 20_000;

let folder: string;
let nix: NixStore;
let server: Program | undefined;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "mayfly-keeping-"));
  mkdirSync(join(folder, "boot-media/hosts"), { recursive: true });
  nix = createNixStore(join(folder, "nix"));
});

afterEach(async () => {
  await server?.stop();
  server = undefined;
  await rm(folder, { recursive: true, force: true });
});

async function startServer(rollbackDepth: number): Promise<string> {
  const hosts = Object.fromEntries(
    NAMES.map((name) => {
      const macs = Array.from({ length: MACHINES }, (_, machine) => macOf(name, machine));
      return [name, { macs, maxMegabytesPerSecond: RATE }];
    }),
  );
  writeFileSync(
    join(folder, "mayfly.yaml"),
    JSON.stringify({ hosts, rollbackDepth, keepMinutes: KEEP_MINUTES }),
  );
  const flags = [
    "--interface",
    "lo",
    "--dhcp",
    "off",
    "--http-port",
    "0",
    "--tftp-port",
    "0",
    "--admin",
    "127.0.0.1:0",
  ];
  server = await startProgram(
    [
      process.execPath,
      MAYFLY,
      "serve",
      "--media",
      join(folder, "boot-media"),
      "--state",
      join(folder, "state"),
      ...flags,
    ],
    { name: "mayfly serve", cwd: folder, env: nixEnvironment(join(folder, "nix")) },
  );
  const [, port] = await server.waitFor(/^mayfly is ready: http:\/\/127\.0\.0\.1:(\d+)/m, WITHIN_MS);
  return `http://127.0.0.1:${port}`;
}

async function kill(): Promise<void> {
  if (server === undefined) return;
  process.kill(server.pid, "SIGKILL");
  await server.ended;
  server = undefined;
}

function macOf(host: HostName, machine: number): string {
  const last = machine + 100 * NAMES.indexOf(host);
  return `52:54:00:77:0a:${last.toString(16).padStart(2, "0")}`;
}

/** A machine: its script, then all that the script names, slowly; what breaks off it asks for again, as iPXE does. */
async function boot(mac: string, base: () => Promise<string>): Promise<string> {
  const query = `mac=${mac.replaceAll(":", "-")}&platform=efi&arch=x86_64`;
  const script = await fetchWhole(() => `/netboot.ipxe?${query}`, base);
  const [, generation = ""] = /\/media\/([^/]+)\//.exec(script) ?? [];
  if (generation === "") throw new Error(`no generation in the script:\n${script}`);
  const versions = new Set<string>();
  for (const file of ["bzImage", "initrd.zst", "kexec-boot"]) {
    const text = await fetchWhole(() => `/media/${generation}/${file}?rate=${RATE * 1_000_000}`, base);
    for (const [version] of text.matchAll(/\bv\d+\b/g)) versions.add(version);
  }
  if (versions.size !== 1) throw new Error(`${generation} is a mixture of ${[...versions]}`);
  return generation;
}

async function fetchWhole(path: () => string, base: () => Promise<string>): Promise<string> {
  for (let tries = 0; ; tries++) {
    const at = await base();
    try {
      const response = await fetch(`${at}${path()}`, { headers: { "user-agent": "iPXE/2.0.0" } });
      const text = await response.text();
      if (response.status === 200) return text;
      throw new Error(`${path()} has status ${response.status}: ${text}`);
    } catch (error) {
      // A connection that broke is tried again; an answer that is no file is the end of the boot.
      if (tries === 5 || !(error instanceof TypeError)) throw error;
    }
  }
}

/** What machines know of the server: nothing answers while it is down, and they wait. */
function createDoor() {
  let open = Promise.withResolvers<string>();
  return {
    base: () => open.promise,
    open: (address: string) => open.resolve(address),
    shut() {
      open = Promise.withResolvers<string>();
    },
  };
}

/** The images that the store has. */
const trees = () => readdirSync(join(folder, "nix/store")).filter((name) => name.endsWith("-kexec-tree"));

/**
 * The last ones of each host, as the history has them, and the first one: nothing newer has been up for long
 * enough to be what a rollout falls back to.
 */
function keptOf(published: ReadonlyMap<HostName, readonly string[]>, depth: number): string[] {
  const kept = [...published.values()].flatMap((ids) => [
    ...[...new Set([...ids].reverse())].slice(0, 1 + depth),
    ...ids.slice(0, 1),
  ]);
  return [...new Set(kept)].sort();
}

describe.skipIf(lacks("nix-build", "nix-collect-garbage", "busybox"))("with a real nix", () => {
  test("twenty builds, rollbacks and collections at random disturb no boot, and then the store has what is needed", async () => {
    const random = createRandom(SEED);
    const door = createDoor();
    door.open(await startServer(DEPTH));
    const published = new Map<HostName, string[]>(NAMES.map((name) => [name, []]));
    const boots: Promise<string>[] = [];

    function start(host: HostName): void {
      const booted = boot(macOf(host, boots.length), door.base);
      boots.push(booted);
      // It is waited for at the end.
      booted.catch(() => undefined);
    }
    async function live(host: HostName, path: string): Promise<void> {
      published.get(host)?.push(basename(path));
      await server?.waitFor(
        new RegExp(`${host}: ${basename(path).replaceAll("+", "\\+")}.* live for the next boot`),
        WITHIN_MS,
      );
    }
    for (let build = 1; build <= BUILDS; build++) {
      const host = build <= NAMES.length ? (NAMES[build - 1] ?? "beta") : pick(random, NAMES);
      const link = join(folder, "boot-media/hosts", host);
      await live(
        host,
        await nix.build(BUILDER_SHAPES, ["-A", "homestakeros", "--argstr", "version", `v${build}`], link),
      );
      if (build < NAMES.length) continue;
      for (const name of NAMES) if (random(10) < 4) start(name);
      if (random(2) === 0) await nix.collectGarbage();
      if (random(3) === 0) await rollBack(pick(random, NAMES), published, random);
      if (!KILLED_AFTER.includes(build)) continue;
      // Machines are in the middle of something, and nobody but the roots holds it now.
      for (const name of NAMES) start(name);
      door.shut();
      await kill();
      await nix.collectGarbage();
      door.open(await startServer(DEPTH));
    }
    const booted = await Promise.all(boots);
    expect(new Set(booted).size).toBeGreaterThan(5);

    const expected = keptOf(published, DEPTH);
    await expect
      .poll(() => rootedIn(join(folder, "state/gcroots")), { timeout: WITHIN_MS })
      .toEqual(expected);
    await kill();
    expect(await nix.collectGarbage()).toContain("deleting");
    expect(trees().sort()).toEqual(expected);
    for (const id of expected) expect(existsSync(join(folder, "nix/store", id, "initrd.zst"))).toBe(true);

    // What a killed server has left is the next one's to clean up.
    await startServer(0);
    const current = keptOf(published, 0);
    await expect.poll(() => rootedIn(join(folder, "state/gcroots")), { timeout: WITHIN_MS }).toEqual(current);
    await kill();
    await nix.collectGarbage();
    expect(trees().sort()).toEqual(current);

    async function rollBack(host: HostName, all: typeof published, dice: Random): Promise<void> {
      const ids = all.get(host) ?? [];
      const current = ids.at(-1);
      const before = [...new Set([...ids].reverse())].slice(1, 1 + DEPTH);
      const id = before.length === 0 ? undefined : pick(dice, before);
      if (id === undefined || id === current || server === undefined) return;
      const heard = server.text().length;
      const link = join(folder, "boot-media/hosts", host);
      symlinkSync(join(folder, "nix/store", id), `${link}.tmp-1-1`);
      renameSync(`${link}.tmp-1-1`, link);
      ids.push(id);
      const { text } = server;
      await expect
        .poll(() => text().slice(heard), { timeout: WITHIN_MS })
        .toMatch(new RegExp(`${host}: ${id}.* live`));
    }
  }, 150_000);

  test("a store below another root is kept from its own collector, which knows its paths by other names", async () => {
    const root = join(folder, "chroot");
    const env = nixEnvironment(join(folder, "client"));
    const { NIX_STORE_DIR: _store, NIX_STATE_DIR: _state, NIX_LOG_DIR: _log, ...rest } = env;
    const run = (...argv: [string, ...string[]]) => runProgram(argv, { env: { ...rest, NIX_REMOTE: root } });
    const image = join(folder, "image");
    mkdirSync(image);
    for (const [name, text] of Object.entries(homestakeros())) writeFileSync(join(image, name), text);
    const logical = (await run("nix-store", "--add", image)).trim();
    const physical = join(root, logical);
    expect(logical).toMatch(/^\/nix\/store\//);
    symlinkSync(physical, join(folder, "boot-media/hosts/beta"));

    const world = createWorld();
    const notices: string[] = [];
    const roots = createGcRoots({
      stateFolder: join(folder, "state"),
      env: {},
      tell: ({ text }) => notices.push(text),
    });
    const hosts = join(folder, "boot-media/hosts");
    const images = startImages({ world, hostsFolder: hosts, keeping: { roots, rollbackDepth: () => 0 } });
    await images.ready;
    expect(world.snapshot().images.get("beta")?.current).toBe(basename(logical));
    await images.close();
    await run("nix-store", "--gc");
    expect(existsSync(physical)).toBe(true);
    rmSync(join(folder, "state"), { recursive: true });
    await run("nix-store", "--gc");
    expect(existsSync(physical)).toBe(false);
    expect(notices).toEqual([]);
  });
});

/** Which images there are roots for. */
function rootedIn(roots: string): string[] {
  const targets = readdirSync(roots).map((name) => readlinkSync(join(roots, name)));
  return [...new Set(targets.map((target) => basename(target)))].sort();
}

function pick<Value>(random: Random, values: readonly Value[]): Value {
  const value = values[random(values.length)];
  if (value === undefined) throw new Error("there is nothing to pick from");
  return value;
}
