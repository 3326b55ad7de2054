/** A server with a rack of hosts that have booted for weeks, each as hosts are: well, failed, waiting, booting now. */

import { truncateSync } from "node:fs";
import { get } from "node:http";
import { basename, join } from "node:path";
import type { BootEvent } from "../../src/boot/event.ts";
import type { Session } from "../../src/boot/session/session.ts";
import { makeSessionId } from "../../src/boot/session/session-id.ts";
import { createSessionArchive } from "../../src/io/sessions/session-archive.ts";
import { openStore } from "../../src/io/store/sqlite-store.ts";
import { type AdminRig, startAdminRig } from "./admin-rig.ts";
import { checkedIn, OVMF_BOOT, sessionTable } from "./boot-events.ts";
import { homestakeros } from "./image-folders.ts";
import { bzImage } from "./kernels.ts";
import type { Media } from "./media.ts";
import { createRandom, type Random } from "./random.ts";
import { BETA_MAC, GENERATION } from "./worlds.ts";

export interface RackOptions {
  /** Named node-01 and so on. */
  readonly hosts: number;
  /** Of each host, over six weeks, with one that failed now and then. */
  readonly bootsOfEach: number;
  readonly adminPort?: number;
}

export interface Rack {
  readonly rig: AdminRig;
  macOf(number: number): string;
  /** Boots a machine over HTTP as iPXE does, its files at this speed. */
  boot(number: number, bytesPerSecond: number): Promise<void>;
}

/** Each of them waits for the disk. */
const BATCH = 2000;
const DAY_MS = 86_400_000;
const INITRD_BYTES = 380_000_000;

export function macOf(number: number): string {
  return `52:54:00:00:${[number >> 8, number & 255].map((byte) => byte.toString(16).padStart(2, "0")).join(":")}`;
}

export function nameOf(number: number): string {
  return `node-${String(number).padStart(2, "0")}`;
}

/** Host 3 failed, 7 was turned away, 11 is up and not well, 25 never booted, 28 runs what was replaced, 30 has no image. */
export async function startRack({ hosts, bootsOfEach, adminPort = 0 }: RackOptions): Promise<Rack> {
  const numbers = Array.from({ length: hosts }, (_, index) => index + 1);
  const config = {
    hosts: Object.fromEntries(numbers.map((number) => [nameOf(number), { macs: [macOf(number)] }])),
  };
  const rig = await startAdminRig(
    { admin: `127.0.0.1:${adminPort}` },
    JSON.stringify(config),
    async (media) => {
      const older = imageOf(media, "6.12.41", "older");
      const newer = imageOf(media, "6.12.58", "newer");
      for (const number of numbers)
        if (number !== 30) media.link(nameOf(number), number === 28 ? newer : older);
      const store = await openStore(join(media.folder, "state"));
      const archive = createSessionArchive(store);
      const random = createRandom(7);
      const samples = samplesOf(basename(older), random);
      const all = numbers.flatMap((number) => historyOf(number, bootsOfEach, samples, random));
      for (let from = 0; from < all.length; from += BATCH)
        await archive.write(all.slice(from, from + BATCH), new Map());
      await store.close();
    },
  );
  return { rig, macOf, boot: (number, bytesPerSecond) => boot(rig, number, bytesPerSecond) };
}

/** What each kernel came with. */
const NIXOS: Readonly<Record<string, string>> = {
  "6.12.41": "26.05.20260920.7e3f2a1",
  "6.12.58": "26.05.20261118.b86751b",
};

function imageOf(media: Media, linux: string, name: string): string {
  const kernel = String.fromCharCode(...bzImage(linux));
  const init = `init=/nix/store/${"s".repeat(32)}-nixos-system-${name}-${NIXOS[linux]}/init`;
  const parts = { ...homestakeros(`${init} initrd=initrd.zst loglevel=4`), bzImage: kernel, name };
  const folder = media.store(parts, `nixos-netboot-${linux}`);
  truncateSync(join(folder, "initrd.zst"), INITRD_BYTES);
  return folder;
}

/** What became of a boot. */
type Kind = "well" | "failed" | "turned-away" | "not-well";

/** Boots as they go, each a little otherwise; made once, for thousands that are moved to their times. */
type Samples = Readonly<Record<Kind, readonly Session[]>>;

function samplesOf(generation: string, random: Random): Samples {
  const some = (kind: Kind, count: number) =>
    Array.from({ length: count }, () => oneBoot(kind, generation, random));
  return {
    well: some("well", 40),
    failed: some("failed", 5),
    "turned-away": some("turned-away", 1),
    "not-well": some("not-well", 1),
  };
}

const LAST_KINDS: Readonly<Record<number, Kind>> = { 3: "failed", 7: "turned-away", 11: "not-well" };

function historyOf(number: number, boots: number, samples: Samples, random: Random): readonly Session[] {
  if (number === 25 || number === 30) return [];
  const now = Date.now();
  return Array.from({ length: boots }, (_, index) => {
    const daysAgo = ((boots - 1 - index) * 45) / boots;
    const startMs = Math.round(now - daysAgo * DAY_MS - (1 + random(20)) * 3_600_000);
    const lastKind = index === boots - 1 ? LAST_KINDS[number] : undefined;
    const choice = samples[lastKind ?? (random(30) === 0 ? "failed" : "well")];
    const sample = choice[random(choice.length)];
    if (sample === undefined) throw new Error("no sample");
    return moved(sample, number, startMs, random);
  });
}

/** A boot of an OVMF machine as long as such boots are. */
function oneBoot(kind: Kind, id: string, random: Random): Session {
  const table = sessionTable([{ ...GENERATION, id }]);
  const events =
    kind === "failed" ? OVMF_BOOT.slice(0, 8) : kind === "turned-away" ? OVMF_BOOT.slice(0, 12) : OVMF_BOOT;
  for (const [afterMs, event] of events) {
    const longer = afterMs * (0.6 + random(100) / 100) * (random(20) === 0 ? 4 : 1);
    table.take([Math.round(longer), ofGeneration(event, id)]);
  }
  if (kind === "failed") table.tick(700_000);
  if (kind === "turned-away") return { ...table.session(BETA_MAC), outcome: "turned-away" };
  const failedUnits = kind === "not-well" ? ["lighthouse.service", "besu.service"] : [];
  const checkIn = {
    atMs: table.now() + 9000,
    failedUnits,
    missingMounts: [],
    missingFiles: [],
    kernel: "6.12.41",
  };
  if (kind !== "failed") table.take([8000 + random(6000), checkedIn({ generation: id, checkIn })]);
  return table.session(BETA_MAC);
}

function moved(session: Session, number: number, startMs: number, random: Random): Session {
  const byMs = startMs - session.startMs;
  const { checkIn } = session;
  return {
    ...session,
    id: makeSessionId(startMs, random(1_000_000) / 1_000_000),
    mac: macOf(number),
    host: nameOf(number),
    address: `10.77.${number >> 8}.${number & 255}`,
    startMs,
    lastMs: session.lastMs + byMs,
    ...(checkIn === undefined ? {} : { checkIn: { ...checkIn, atMs: checkIn.atMs + byMs } }),
    steps: session.steps.map((step) => ({
      ...step,
      startMs: step.startMs + byMs,
      ...(step.endMs === undefined ? {} : { endMs: step.endMs + byMs }),
    })),
  };
}

/** The same event, of another generation. */
function ofGeneration(event: BootEvent, id: string): BootEvent {
  const text = JSON.stringify(event, (_, value) => (value instanceof Map ? { files: [...value] } : value));
  return JSON.parse(text.replaceAll(GENERATION.id, id), (_, value) =>
    Array.isArray(value?.files) ? new Map(value.files) : value,
  );
}

/** From an address of its own, so that the server can tell whose transfer it is. */
async function boot({ app }: AdminRig, number: number, bytesPerSecond: number): Promise<void> {
  const localAddress = `127.0.${1 + (number >> 8)}.${number & 255}`;
  const base = `http://127.0.0.1:${app.served.httpPort}`;
  const script = await fetched(`${base}/netboot.ipxe?mac=${macOf(number)}&platform=efi&arch=x86_64`, {
    ...{ localAddress, bytesPerSecond },
  });
  const urls = [...script.matchAll(/^(?:kernel|initrd) .*?(http\S+)/gm)].map(([, url = ""]) => url);
  for (const url of urls) await fetched(url, { localAddress, bytesPerSecond });
}

interface Fetch {
  readonly localAddress: string;
  readonly bytesPerSecond: number;
}

/** @returns its first kilobytes */
function fetched(url: string, { localAddress, bytesPerSecond }: Fetch): Promise<string> {
  return new Promise((resolve, reject) => {
    get(url, { localAddress, agent: false }, (response) => {
      let text = "";
      response.on("data", (chunk: Buffer) => {
        if (text.length < 4096) text += chunk.toString("latin1");
        response.pause();
        setTimeout(() => response.resume(), (chunk.length * 1000) / bytesPerSecond);
      });
      response.on("end", () =>
        response.statusCode === 200 ? resolve(text) : reject(new Error(`${url}: ${response.statusCode}`)),
      );
    }).on("error", reject);
  });
}
