/** A server with a rack of hosts that have booted for weeks, each as hosts are: well, failed, waiting, booting now. */

import { execFile } from "node:child_process";
import { truncateSync } from "node:fs";
import { join } from "node:path";
import type { BootEvent } from "../../src/boot/event.ts";
import type { Generation } from "../../src/boot/generation.ts";
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
  /** Of each host, one a few days, with one that failed now and then. */
  readonly bootsOfEach: number;
  readonly adminPort?: number;
}

export interface Rack {
  readonly rig: AdminRig;
  macOf(number: number): string;
  /** Boots a machine over HTTP as iPXE does, its files at this speed. */
  boot(number: number, bytesPerSecond: number): Promise<void>;
}

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
      const id = older.slice(older.lastIndexOf("/") + 1);
      for (const number of numbers)
        await archive.write(historyOf(number, bootsOfEach, id, random), new Map());
      await store.close();
    },
  );
  return { rig, macOf, boot: (number, bytesPerSecond) => boot(rig, number, bytesPerSecond) };
}

function imageOf(media: Media, linux: string, name: string): string {
  const kernel = String.fromCharCode(...bzImage(linux));
  const folder = media.store({ ...homestakeros(), bzImage: kernel, name }, `nixos-netboot-${linux}`);
  truncateSync(join(folder, "initrd.zst"), INITRD_BYTES);
  return folder;
}

function historyOf(number: number, boots: number, generation: string, random: Random): readonly Session[] {
  if (number === 25 || number === 30) return [];
  const now = Date.now();
  return Array.from({ length: boots }, (_, index) => {
    const isLast = index === boots - 1;
    const daysAgo = (boots - 1 - index) * 3;
    const startMs = now - daysAgo * DAY_MS - (1 + random(20)) * 3_600_000;
    const kind = isLast ? number : random(30) === 0 ? 3 : 0;
    return oneBoot({ number, generation, startMs, kind, random });
  });
}

interface BootWish {
  readonly number: number;
  readonly generation: string;
  readonly startMs: number;
  readonly kind: number;
  readonly random: Random;
}

/** A boot of an OVMF machine as long as such boots are, moved to its time. */
function oneBoot({ number, generation: id, startMs, kind, random }: BootWish): Session {
  const generation: Generation = { ...GENERATION, id };
  const table = sessionTable([generation]);
  const events = kind === 3 ? OVMF_BOOT.slice(0, 8) : kind === 7 ? OVMF_BOOT.slice(0, 12) : OVMF_BOOT;
  const from = table.now();
  for (const [afterMs, event] of events) {
    const longer = afterMs * (0.6 + random(100) / 100) * (random(20) === 0 ? 4 : 1);
    table.take([Math.round(longer), ofGeneration(event, id)]);
  }
  if (kind === 3) table.tick(700_000);
  const failedUnits = kind === 11 ? ["lighthouse.service", "besu.service"] : [];
  const report = {
    atMs: startMs + 40_000,
    failedUnits,
    missingMounts: [],
    missingFiles: [],
    kernel: "6.12.41",
  };
  if (kind !== 3 && kind !== 7)
    table.take([8000 + random(6000), { ...checkedIn({ generation: id }), checkIn: report } as never]);
  return moved(table.session(BETA_MAC), startMs - from, { number, startMs });
}

/** The same event, of another generation. */
function ofGeneration(event: BootEvent, id: string): BootEvent {
  const text = JSON.stringify(event, (_, value) => (value instanceof Map ? { files: [...value] } : value));
  return JSON.parse(text.replaceAll(GENERATION.id, id), (_, value) =>
    Array.isArray(value?.files) ? new Map(value.files) : value,
  );
}

function moved(
  session: Session,
  byMs: number,
  { number, startMs }: Pick<BootWish, "number" | "startMs">,
): Session {
  const isTurnedAway = number === 7 && session.outcome === "under-way";
  return {
    ...session,
    id: makeSessionId(startMs, (number % 100) / 100),
    mac: macOf(number),
    host: nameOf(number),
    address: `10.77.${number >> 8}.${number & 255}`,
    startMs: session.startMs + byMs,
    lastMs: session.lastMs + byMs,
    ...(isTurnedAway ? { outcome: "turned-away" } : {}),
    steps: session.steps.map((step) => ({
      ...step,
      startMs: step.startMs + byMs,
      ...(step.endMs === undefined ? {} : { endMs: step.endMs + byMs }),
    })),
  };
}

/** From an address of its own, so that the server can tell whose transfer it is. */
async function boot({ app, script }: AdminRig, number: number, bytesPerSecond: number): Promise<void> {
  await script(macOf(number));
  const address = `127.0.${1 + (number >> 8)}.${number & 255}`;
  const base = `http://127.0.0.1:${app.served.httpPort}`;
  const fetched = (url: string) =>
    new Promise<string>((resolve, reject) => {
      const flags = ["-sf", "--interface", address, "--limit-rate", String(bytesPerSecond)];
      execFile("curl", [...flags, url], { encoding: "latin1", maxBuffer: 2 * INITRD_BYTES }, (error, out) =>
        error === null ? resolve(out) : reject(error),
      );
    });
  const text = await fetched(`${base}/netboot.ipxe?mac=${macOf(number)}&platform=efi&arch=x86_64`);
  const urls = [...text.matchAll(/(?:kernel|initrd)\s+(?:--\S+\s+(?:\S+\s+)?)?(http\S+)/g)].map(
    ([, url = ""]) => url,
  );
  for (const url of urls) await fetched(url);
}
