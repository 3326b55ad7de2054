/**
 * Boots every firmware of the lab many times over, well, and fails when anything is said to be wrong with it.
 *
 * Memory, processors, the rate and the loss of the cable differ from boot to boot, by a seed. Two machines run
 * at a time. Prints a line for each boot, whatever was said to be wrong with all that is known of the boot,
 * and a table.
 *
 * `node scripts/bench/good-boots.ts [BOOTS] [--only NAME,…] [--seed N]` (3 of each); needs root or user
 * namespaces. `--only` takes names of the table, or the beginning of some.
 */

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { createLimiter } from "../../src/io/images/limiter.ts";
import { ensureLabFiles, type Flash, type LabFiles } from "../../src/lab/files.ts";
import { type Firmware, startMachine } from "../../src/lab/machine.ts";
import { createLan, type Lan } from "../../src/lab/network.ts";
import type { Program } from "../../src/lab/program.ts";
import { makeImage, waitForBoot } from "../../test/support/boot-images.ts";
import { startMayfly } from "../../test/support/mayfly-server.ts";
import { assemblePiTree, bootPi } from "../../test/support/pi-lan.ts";
import { createRandom, type Random } from "../../test/support/random.ts";
import { bootsIn, wronglyDiagnosed } from "../../test/support/well-boots.ts";

const WITHIN_MS = 240_000;
/** Who stands still is looked for every 15 s. */
const LAST_LOOK_MS = 20_000;

/** A virtual machine with real firmware, or a Raspberry Pi's EEPROM as a program. */
type Kind =
  | {
      readonly name: string;
      readonly firmware: Firmware;
      readonly httpBoot?: true;
      readonly flash?: (files: LabFiles) => Flash;
    }
  | { readonly name: string; readonly firmware: "pi" };

const KINDS: readonly Kind[] = [
  { name: "bios", firmware: "bios" },
  { name: "ovmf-12", firmware: "ovmf", flash: ({ debian12 }) => debian12.ovmf },
  { name: "ovmf-12-http", firmware: "ovmf", httpBoot: true, flash: ({ debian12 }) => debian12.ovmf },
  { name: "ovmf-13", firmware: "ovmf", flash: ({ debian13 }) => debian13.ovmf },
  { name: "ovmf-13-http", firmware: "ovmf", httpBoot: true, flash: ({ debian13 }) => debian13.ovmf },
  { name: "aavmf-12", firmware: "aavmf", flash: ({ debian12 }) => debian12.aavmf },
  { name: "aavmf-12-http", firmware: "aavmf", httpBoot: true, flash: ({ debian12 }) => debian12.aavmf },
  { name: "aavmf-13", firmware: "aavmf", flash: ({ debian13 }) => debian13.aavmf },
  { name: "aavmf-13-http", firmware: "aavmf", httpBoot: true, flash: ({ debian13 }) => debian13.aavmf },
  { name: "u-boot-12", firmware: "u-boot", flash: ({ debian12 }) => debian12.uBoot },
  { name: "pi-eeprom", firmware: "pi" },
];

/** U-Boot for QEMU has an address of its own, whatever its network card has. */
const U_BOOT_MAC = "52:52:52:52:52:52";
/** It hears no proxy: the DHCP server has to name us. */
const ROUTER_ARGUMENTS = [`--dhcp-host=${U_BOOT_MAC},set:u-boot`, "--dhcp-boot=tag:u-boot,,,10.77.0.2"];

/**
 * Two virtual machines of each kind, so that two may run at a time. A Raspberry Pi for every boot: its image
 * is never started in earnest and so never reports, and one board that fetches it over and over is a boot loop.
 */
function macsOf(kind: Kind, boots: number): readonly string[] {
  if (kind.firmware === "u-boot") return [U_BOOT_MAC];
  const count = kind.firmware === "pi" ? boots : 2;
  const maker = kind.firmware === "pi" ? "dc:a6:32" : "52:54:00";
  const hex = (number: number) => number.toString(16).padStart(4, "0").replace(/..$/, ":$&");
  return Array.from({ length: count }, (_, index) => `${maker}:4${KINDS.indexOf(kind)}:${hex(index + 1)}`);
}

/** A board's serial number is in its MAC address here. */
function serialOf(mac: string): string {
  return mac.replaceAll(":", "").slice(4);
}

interface Rig {
  readonly files: LabFiles;
  readonly folder: string;
  readonly lan: Lan;
  readonly server: Program;
}

/** What one boot was like. */
interface Boot {
  readonly kind: Kind;
  readonly conditions: string;
  readonly seconds: number;
  /** Absent: it came up. */
  readonly failure?: string;
}

function hostsConfig(kinds: readonly Kind[], count: number): string {
  return kinds
    .flatMap((kind) =>
      macsOf(kind, count).map((mac, index) => {
        const isX64 = kind.firmware === "bios" || kind.firmware === "ovmf";
        const whose = kind.firmware === "pi" ? `serials: ["${serialOf(mac)}"]` : `macs: ["${mac}"]`;
        return `  ${kind.name}-${index + 1}: { ${whose}, image: ./${isX64 ? "x64" : "arm64"} }\n`;
      }),
    )
    .join("");
}

async function createRig(kinds: readonly Kind[], count: number): Promise<Rig> {
  const files = await ensureLabFiles(console.log);
  const folder = await mkdtemp(join(tmpdir(), "mayfly-good-boots-"));
  const tree = await assemblePiTree(folder);
  // Without UEFI the EEPROM fetches the kernel itself, so that its boot has an end.
  await rm(join(tree, "RPI_EFI.fd"));
  await rm(join(tree, "config.txt"));
  await makeImage(folder, "x64", "x64");
  await makeImage(folder, "arm64", "arm64");
  const lan = await createLan({ routerArguments: ROUTER_ARGUMENTS });
  const server = await startMayfly(lan, {
    folder,
    programs: { "ipxe-arm64.efi": join(files.ipxe121, "ipxe-arm64.efi") },
    config: `hosts:\n${hostsConfig(kinds, count).replaceAll("./", `${folder}/`)}`,
    hasTrouble: true,
  });
  return { files, folder, lan, server };
}

/** Loses packets that a machine sends us. */
async function loseSome(lan: Lan, mac: string, perMille: number): Promise<void> {
  const set = `ether saddr ${mac} numgen random mod 1000 < ${perMille} drop`;
  await lan.server.run("nft", "add table inet loss");
  await lan.server.run(
    "nft",
    `add chain inet loss from-${serialOf(mac)} { type filter hook input priority 0; }`,
  );
  await lan.server.run("nft", `flush chain inet loss from-${serialOf(mac)}`);
  if (perMille > 0) await lan.server.run("nft", `add rule inet loss from-${serialOf(mac)} ${set}`);
}

async function bootMachine(
  { lan, files, server }: Rig,
  kind: Exclude<Kind, { firmware: "pi" }>,
  mac: string,
  random: Random,
): Promise<Omit<Boot, "kind">> {
  // What it fetches lies in memory twice.
  const leastMb = kind.firmware === "u-boot" ? 1024 : 512;
  const memoryMb = leastMb + 64 * random(9);
  const cpus = 1 + random(2);
  // U-Boot acknowledges each of ten thousand blocks: a second is lost with every hundredth.
  const lossPerMille = ([0, 0, 10, 20][random(4)] ?? 0) / (kind.firmware === "u-boot" ? 10 : 1);
  const megabits = [20, 100, 1000][random(3)] ?? 1000;
  const conditions = `${memoryMb} MB, ${cpus} CPU, ${lossPerMille / 10} % lost, ${megabits} Mbit/s`;
  await loseSome(lan, mac, lossPerMille);
  const startedMs = performance.now();
  const before = server.text().length;
  const { firmware, httpBoot, flash } = kind;
  const machine = await startMachine(lan, {
    ...{ firmware, mac, memoryMb, cpus },
    ...(httpBoot === undefined ? {} : { httpBoot }),
    ...(flash === undefined ? {} : { flash: flash(files) }),
  });
  const took = () => (performance.now() - startedMs) / 1000;
  try {
    await lan.limit(machine.tap, megabits * 1_000_000);
    await waitForBoot(machine, WITHIN_MS);
    await server.waitFor(new RegExp(`^[^]{${before},}\\(${mac}\\) is up with `), WITHIN_MS);
    return { conditions, seconds: took() };
  } catch (error) {
    return { conditions, seconds: took(), failure: String(error) };
  } finally {
    await machine.stop();
  }
}

/** It takes an error that comes late for one that a person notices, so nothing is lost on its cable. */
async function bootBoard({ lan }: Rig, mac: string, random: Random): Promise<Omit<Boot, "kind">> {
  const blockSize = [1024, 1468][random(2)] ?? 1468;
  const conditions = `blocks of ${blockSize}`;
  const startedMs = performance.now();
  const { end } = await bootPi(lan, { mac, serial: serialOf(mac), model: 4, blockSize }, WITHIN_MS);
  const seconds = (performance.now() - startedMs) / 1000;
  return end.step === "started"
    ? { conditions, seconds }
    : { conditions, seconds, failure: `it stopped: ${end.reason}` };
}

async function bootAll(
  rig: Rig,
  kinds: readonly Kind[],
  count: number,
  random: Random,
): Promise<readonly Boot[]> {
  const atOnce = createLimiter(2);
  const pools = new Map(
    kinds.map((kind) => {
      const macs = macsOf(kind, count);
      return [kind, { free: [...macs], inTurn: createLimiter(macs.length) }];
    }),
  );
  const jobs = Array.from({ length: count }, () => kinds).flat();
  return Promise.all(
    jobs.map((kind, index) => {
      const { free, inTurn } = pools.get(kind) ?? fail(kind);
      return inTurn(() =>
        atOnce(async () => {
          const mac = free.shift() ?? fail(kind);
          const boot =
            kind.firmware === "pi"
              ? await bootBoard(rig, mac, random)
              : await bootMachine(rig, kind, mac, random);
          free.push(mac);
          const { conditions, seconds, failure = "up" } = boot;
          console.log(
            `${index + 1}/${jobs.length} ${kind.name}: ${failure} after ${seconds.toFixed(1)} s (${conditions})`,
          );
          return { kind, ...boot };
        }),
      );
    }),
  );
}

function fail({ name }: Kind): never {
  throw new Error(`there is no machine for ${name}`);
}

function tableOf(
  kinds: readonly Kind[],
  boots: readonly Boot[],
  wrong: readonly string[],
): readonly string[] {
  return kinds.map((kind) => {
    const mine = boots.filter((boot) => boot.kind === kind);
    const seconds = mine.map((boot) => boot.seconds).sort((a, b) => a - b);
    const diagnosed = wrong.filter((text) => text.split("\n")[0]?.includes(` ${kind.name}-`)).length;
    const up = mine.filter(({ failure }) => failure === undefined).length;
    const [median = 0, longest = 0] = [seconds[Math.floor(seconds.length / 2)], seconds.at(-1)];
    const cells = [kind.name.padEnd(14), `${mine.length} boots`, `${up} up`, `${diagnosed} diagnosed`];
    return [...cells, `median ${median.toFixed(1)} s`, `longest ${longest.toFixed(1)} s`].join("  ");
  });
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { only: { type: "string" }, seed: { type: "string", default: "1" } },
});
const names = values.only?.split(",") ?? [""];
const chosen = KINDS.filter(({ name }) => names.some((each) => name === each || name.startsWith(each)));
const count = Number(positionals[0] ?? 3);
const rig = await createRig(chosen, count);
try {
  const boots = await bootAll(rig, chosen, count, createRandom(Number(values.seed)));
  await new Promise((resolve) => setTimeout(resolve, LAST_LOOK_MS));
  await rig.server.stop();
  const wrong = wronglyDiagnosed(await bootsIn(join(rig.folder, "state")), rig.server.text());
  for (const text of wrong) console.log(`wrongly diagnosed: ${text}`);
  for (const line of tableOf(chosen, boots, wrong)) console.log(line);
  const failed = boots.filter(({ failure }) => failure !== undefined).length;
  console.log(
    `${boots.length} boots: ${failed} did not come up, ${wrong.length} were diagnosed that went well`,
  );
  if (failed > 0 || wrong.length > 0) process.exitCode = 1;
} finally {
  await rig.server.stop();
  await rig.lan.close();
  await rm(rig.folder, { recursive: true, force: true });
}
