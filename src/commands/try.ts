/**
 * `mayfly try [IMAGE]`: boots a virtual machine from the running code through real firmware, and tells how it went.
 *
 * The network is a virtual one that ends with the command: nothing on the real one sees a packet of it.
 */

import { mkdir, mkdtemp, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { type Generation, isasOf } from "../boot/generation.ts";
import { explainStop, summarise } from "../boot/stage-words.ts";
import { type BootWatch, type Sighting, startWatch, watchStep } from "../boot/stages.ts";
import { loadSettings } from "../config/load.ts";
import { ConfigError, quote } from "../config/mistake.ts";
import { WANT } from "../config/raw.ts";
import type { Settings } from "../config/settings.ts";
import { ensureLabFiles } from "../lab/files.ts";
import { type Machine, startMachine } from "../lab/machine.ts";
import { createLan, type Lan } from "../lab/network.ts";
import { lastLines } from "../lab/program.ts";
import { explainMissing } from "./explain-missing.ts";
import { startTryServer, type TryServer } from "./try-link.ts";
import { ensureTryTools, FIRMWARE, makeTryImage, type TryFirmware } from "./try-needs.ts";

export interface TryOptions {
  /** A nix result or any other image; absent: a small one is made. */
  readonly image?: string;
  /** Absent: what fits the image, or this machine. */
  readonly firmware?: TryFirmware;
  /** Mebibytes; absent: what the image is likely to need. */
  readonly memoryMb?: number;
  /** Leave the machine running when it has booted, until the signal. */
  readonly keep: boolean;
  /** The media folder, whose `ipxe/` is searched for boot programs. */
  readonly mediaFolder: string;
  readonly signal: AbortSignal;
  readonly screen: TryScreen;
}

/** Where the command writes. */
export interface TryScreen {
  /** A line that stays. */
  line(text: string): void;
  /** One that the next line overwrites; nothing where that cannot be done. */
  passing(text: string): void;
}

/** No firmware is silent for longer than this while it still has something to try. */
const QUIET_MS = 150_000;
const LOOK_EVERY_MS = 500;
const MIB = 1024 * 1024;

/**
 * Boots the machine and tells each stage as it happens.
 *
 * @throws {@link ConfigError} where the image cannot be one
 * @throws Error that says at which stage it stopped, and what to do
 */
export async function tryBoot(options: TryOptions): Promise<void> {
  const { screen, signal } = options;
  const kind = options.firmware ?? (process.arch === "arm64" ? "arm64" : "uefi");
  await using cleanup = new AsyncDisposableStack();
  // Before anything is installed or fetched for it.
  const given = options.image === undefined ? undefined : await findGiven(options.image);
  await ensureTryTools(kind, screen.line);
  const scratch = await mkdtemp(join(tmpdir(), "mayfly-try-"));
  cleanup.defer(() => rm(scratch, { recursive: true, force: true }));
  const image = given ?? (await makeImage(kind, scratch, screen));

  signal.throwIfAborted();
  const lan = cleanup.adopt(await createLan(), (made) => made.close());
  const boot = createBoot(screen);
  const settings = await trySettings(options, kind, image, scratch);
  const server = cleanup.adopt(
    await startTryServer(lan, settings, (event) => boot.see({ type: "event", event })),
    (started) => started.stop(),
  );
  checkFit(server, kind);

  const memoryMb = options.memoryMb ?? likelyMemoryMb(server.generation);
  screen.line(`a virtual machine with ${FIRMWARE[kind].people} and ${memoryMb} MiB boots ${image}`);
  const machine = await startMachine(lan, {
    firmware: FIRMWARE[kind].firmware,
    mac: "52:54:00:4d:46:01",
    memoryMb,
    name: "the machine",
  });
  boot.start();
  machine.onLine((line) => boot.see({ type: "said", line }));
  const how = await follow({
    boot,
    lan,
    machine,
    server,
    goal: options.image === undefined ? "system" : "linux",
    signal,
  });
  conclude(boot, machine, how, screen);
  if (options.keep) await keepRunning(machine, screen, signal);
}

/** @throws {@link ConfigError} where no image can be */
async function findGiven(given: string): Promise<string> {
  const path = resolve(given);
  const why = await stat(path).then(
    (found) => (found.isDirectory() || found.isFile() ? undefined : "it is neither a folder nor a file"),
    explainMissing,
  );
  if (why === undefined) return path;
  throw new ConfigError([{ place: "IMAGE", read: quote(given), want: `${WANT.image}: ${why}` }]);
}

async function makeImage(kind: TryFirmware, scratch: string, screen: TryScreen): Promise<string> {
  const folder = join(scratch, "demo");
  await makeTryImage(folder, FIRMWARE[kind].isa, screen.line);
  return folder;
}

/** The defaults of `serve`, and nothing of this machine's own configuration but its boot programs. */
async function trySettings(
  { mediaFolder, image: given }: TryOptions,
  kind: TryFirmware,
  image: string,
  scratch: string,
): Promise<Settings> {
  const media = resolve(mediaFolder);
  await mkdir(join(scratch, "state"));
  const settings = await loadSettings({
    flags: { state: join(scratch, "state") },
    env: {},
    cwd: scratch,
    image,
  });
  // Images are built for machines with a screen; this one has a serial port. Ours knows that.
  const serial = FIRMWARE[kind].isa === "arm64" ? "console=ttyAMA0" : "console=ttyS0";
  return {
    ...settings,
    mediaFolder: media,
    interfaces: ["eth0"],
    strict: true,
    ipxeFolders: kind === "arm64" ? [(await ensureLabFiles()).ipxe121] : [],
    live: { ...settings.live, kernelParams: given === undefined ? "" : serial, logLevel: "silent" },
  };
}

/** What the firmware could not do anything about is said before it starts. */
function checkFit({ generation, programs }: TryServer, kind: TryFirmware): void {
  const { isa, program } = FIRMWARE[kind];
  const isas = isasOf(generation);
  if (isas !== undefined && isas.length > 0 && !isas.includes(isa === "arm64" ? "arm64" : "x86")) {
    const fit = isas.includes("arm64") ? "--firmware arm64" : "--firmware uefi";
    throw new Error(`the image's kernel is for ${isas.join(" and ")}: try it with ${fit}`);
  }
  if (program !== undefined && !programs.includes(program)) {
    throw new Error(`there is no boot program for ${FIRMWARE[kind].people}; put one into boot-media/ipxe/`);
  }
}

/** The initrd as it is fetched, unpacked, and something to work in; the same for an image in one file. */
function likelyMemoryMb({ initrds, bootFile, files }: Generation): number {
  const large = bootFile === undefined ? initrds : [bootFile.file];
  const initrdMb = large.reduce((sum, name) => sum + (files.get(name) ?? 0), 0) / MIB;
  return Math.ceil((512 + 3.5 * initrdMb) / 256) * 256;
}

interface Boot {
  watch(): BootWatch;
  /** The clock of the stages starts. */
  start(): void;
  see(sighting: Sighting): void;
  /** When something last happened. */
  lastAtMs(): number;
  onChange(listener: () => void): void;
}

function createBoot(screen: TryScreen): Boot {
  let startedAtMs = performance.now();
  let lastAtMs = startedAtMs;
  let watch = startWatch(0);
  let changed = (): void => {};
  return {
    watch: () => watch,
    start() {
      startedAtMs = performance.now();
      lastAtMs = startedAtMs;
      watch = startWatch(0);
    },
    see(sighting) {
      const atMs = performance.now() - startedAtMs;
      const [next, lines] = watchStep(watch, sighting, atMs);
      watch = next;
      if (sighting.type !== "received" || lines.length > 0) lastAtMs = performance.now();
      for (const { label, text, passing } of lines) {
        const shown = `${(atMs / 1000).toFixed(1).padStart(6)} s  ${label.padEnd(8)} ${text}`;
        if (passing) screen.passing(shown);
        else screen.line(shown);
      }
      changed();
    },
    lastAtMs: () => lastAtMs,
    onChange(listener) {
      changed = listener;
    },
  };
}

type HowItEnded = "reached" | "gave-up" | "machine-ended" | "server-ended" | "quiet";

interface Followed {
  readonly boot: Boot;
  readonly lan: Lan;
  readonly machine: Machine;
  readonly server: TryServer;
  readonly goal: "linux" | "system";
  readonly signal: AbortSignal;
}

/** Waits until the goal is reached or cannot be reached any more. */
async function follow({ boot, lan, machine, server, goal, signal }: Followed): Promise<HowItEnded> {
  return new Promise((resolve, reject) => {
    const hasReached = (): boolean => boot.watch().reached.some(({ stage }) => stage === goal);
    const settle = (act: () => void): void => {
      clearInterval(timer);
      signal.removeEventListener("abort", stop);
      act();
    };
    const stop = (): void => settle(() => reject(new Error("stopped")));
    const timer = setInterval(() => {
      if (performance.now() - boot.lastAtMs() > QUIET_MS) settle(() => resolve("quiet"));
      void lan.receivedBytes(machine.tap).then(
        (totalBytes) => boot.see({ type: "received", totalBytes }),
        () => {},
      );
    }, LOOK_EVERY_MS);
    signal.addEventListener("abort", stop);
    boot.onChange(() => {
      // The small image says a few more things, and then switches off.
      if (goal === "linux" && hasReached()) settle(() => resolve("reached"));
      if (boot.watch().gaveUp) settle(() => resolve("gave-up"));
    });
    void machine.ended.then(() => settle(() => resolve(hasReached() ? "reached" : "machine-ended")));
    void server.ended.then(() => settle(() => resolve("server-ended")));
  });
}

function conclude(boot: Boot, machine: Machine, how: HowItEnded, screen: TryScreen): void {
  const watch = boot.watch();
  const startedMs = watch.reached[0]?.atMs ?? 0;
  const endedMs = watch.reached.at(-1)?.atMs ?? startedMs;
  screen.line("");
  for (const { label, text } of summarise(watch, endedMs)) screen.line(`${label.padStart(9)}  ${text}`);
  if (how === "reached") {
    screen.line(`it booted: ${((endedMs - startedMs) / 1000).toFixed(1)} s from power-on`);
    return;
  }
  screen.line(`its screen ended with\n${lastLines(machine.text(), 15)}`);
  const { what, cure } = explainStop(watch);
  throw new Error(
    how === "server-ended" ? "the server ended under way" : `it did not boot: ${what}; ${cure}`,
  );
}

async function keepRunning(machine: Machine, screen: TryScreen, signal: AbortSignal): Promise<void> {
  screen.line("its console follows; Ctrl-C ends it");
  machine.onLine((line) => screen.line(line));
  await Promise.race([
    machine.ended,
    new Promise((resolve) => signal.addEventListener("abort", resolve, { once: true })),
  ]);
}
