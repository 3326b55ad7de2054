/**
 * Six machines of three kinds boot at once, from Mayfly and from dnsmasq with nginx in turn.
 *
 * Prints how long each round took until the last machine's Linux spoke, the medians, and their ratio;
 * fails when Mayfly's median is more than 1.05 times the other's.
 *
 * `node scripts/bench/matrix.ts [ROUNDS]` (5); needs root or user namespaces, and about two minutes a round.
 */

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ensureLabFiles } from "../../src/lab/files.ts";
import { type Firmware, startMachine } from "../../src/lab/machine.ts";
import { createLan, type Lan } from "../../src/lab/network.ts";
import { makeImage, type TestImage, waitForBoot } from "../../test/support/boot-images.ts";
import { startPeer } from "../../test/support/dnsmasq-peer.ts";
import { startMayfly } from "../../test/support/mayfly-server.ts";

const RATIO_BOUND = 1.05;
const WITHIN_MS = 240_000;
const MACHINES: readonly Firmware[] = ["bios", "ovmf", "aavmf", "bios", "ovmf", "aavmf"];

interface Images {
  readonly x64: TestImage;
  readonly arm64: TestImage;
}

interface Programs {
  readonly x64: string;
  readonly arm64: string;
}

interface Side {
  readonly name: string;
  /** Starts the boot server on a new LAN; gives the way to stop it. */
  serve(lan: Lan, folder: string): Promise<() => Promise<unknown>>;
}

function sides({ x64, arm64 }: Images, programs: Programs): readonly Side[] {
  return [
    {
      name: "mayfly",
      async serve(lan, folder) {
        const server = await startMayfly(lan, {
          folder,
          hosts: { x64: x64.folder, pi: arm64.folder },
          programs: { "ipxe-x64.efi": programs.x64, "ipxe-arm64.efi": programs.arm64 },
          config: hostsConfig(),
        });
        return () => server.stop();
      },
    },
    {
      name: "dnsmasq + nginx",
      async serve(lan) {
        const peer = await startPeer(lan, {
          programs: { "X86-64_EFI": programs.x64, ARM64_EFI: programs.arm64 },
          images: [
            { ...x64, buildarchs: ["i386", "x86_64"] },
            { ...arm64, buildarchs: ["arm64"] },
          ],
        });
        return () => peer.close();
      },
    },
  ];
}

function macOf(index: number): string {
  return `52:54:00:77:06:0${index}`;
}

function hostsConfig(): string {
  const macs = (isArm: boolean) =>
    MACHINES.flatMap((firmware, index) => ((firmware === "aavmf") === isArm ? [macOf(index)] : []));
  return JSON.stringify({ hosts: { x64: { macs: macs(false) }, pi: { macs: macs(true) } } });
}

/** Seconds from switching all machines on until each one's Linux spoke. */
async function round(side: Side): Promise<number[]> {
  const folder = await mkdtemp(join(tmpdir(), "mayfly-matrix-"));
  const lan = await createLan();
  try {
    const stop = await side.serve(lan, folder);
    const startedMs = performance.now();
    const seconds = await Promise.all(
      MACHINES.map(async (firmware, index) => {
        const machine = await startMachine(lan, { firmware, mac: macOf(index) });
        await waitForBoot(machine, WITHIN_MS);
        return (performance.now() - startedMs) / 1000;
      }),
    );
    await stop();
    return seconds;
  } finally {
    await lan.close();
    await rm(folder, { recursive: true, force: true });
  }
}

function median(numbers: readonly number[]): number {
  const sorted = [...numbers].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const [low = Number.NaN, high = Number.NaN] = [
    sorted[sorted.length % 2 === 0 ? middle - 1 : middle],
    sorted[middle],
  ];
  return (low + high) / 2;
}

async function run(rounds: number): Promise<void> {
  const scratch = await mkdtemp(join(tmpdir(), "mayfly-matrix-images-"));
  try {
    const { ipxe121 } = await ensureLabFiles(console.log);
    // The same bytes for both: one kernel, one initrd, one boot program for each kind.
    const images = {
      x64: await makeImage(scratch, "x64", "x64-1", { layout: "cmdline" }),
      arm64: await makeImage(scratch, "arm64", "arm64-1", { layout: "cmdline" }),
    };
    const both = sides(images, {
      x64: join(ipxe121, "snponly.efi"),
      arm64: join(ipxe121, "ipxe-arm64.efi"),
    });
    const totals = both.map((): number[] => []);
    for (let number = 0; number < rounds; number++) {
      // Each side goes first as often as the other, so that neither always meets a warm or a busy machine.
      const order = number % 2 === 0 ? [0, 1] : [1, 0];
      for (const index of order) {
        const side = both[index];
        if (side === undefined) continue;
        const seconds = await round(side);
        totals[index]?.push(Math.max(...seconds));
        const each = MACHINES.map((firmware, at) => `${firmware} ${seconds[at]?.toFixed(1)}`).join(", ");
        console.log(`round ${number + 1}, ${side.name}: ${Math.max(...seconds).toFixed(1)} s (${each})`);
      }
    }
    const [ours = Number.NaN, theirs = Number.NaN] = totals.map(median);
    const ratio = ours / theirs;
    console.log(
      `six machines at once, medians of ${rounds}: mayfly ${ours.toFixed(1)} s, ` +
        `dnsmasq + nginx ${theirs.toFixed(1)} s; ratio ${ratio.toFixed(3)} (bound ${RATIO_BOUND})`,
    );
    if (!(ratio <= RATIO_BOUND)) process.exitCode = 1;
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

await run(Number(process.argv[2] ?? 5));
