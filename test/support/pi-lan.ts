/** Raspberry Pis on the lab's LAN: their EEPROM as a program, each in a namespace of its own. */

import { execFile } from "node:child_process";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import type { Lan } from "../../src/lab/network.ts";
import { MAYFLY } from "./mayfly-server.ts";
import type { PiBoard, PiStep } from "./pi-eeprom.ts";
import { overlays, pipxe, uefiRelease, writeFiles, zipOf } from "./rpi4-parts.ts";

const EEPROM = fileURLToPath(new URL("pi-eeprom.ts", import.meta.url));
const run = promisify(execFile);

/** What a board did, and how it ended. */
export interface PiBoot {
  readonly steps: readonly PiStep[];
  readonly end: Extract<PiStep, { step: "started" | "stopped" }>;
  /** Every file that it asked for, in order. */
  readonly asked: readonly string[];
}

/** Switches a board on and waits until it runs something, or stops. */
export async function bootPi(lan: Lan, board: PiBoard, withinMs = 60_000): Promise<PiBoot> {
  const host = await lan.addHost(`pi-${board.serial}`);
  try {
    await host.run("ip", "link", "set", "eth0", "address", board.mac);
    const program = await host.start([process.execPath, EEPROM, JSON.stringify(board)], {
      name: `EEPROM of ${board.serial}`,
    });
    await program.waitFor(/^\{"step":"(started|stopped)".*\}$/m, withinMs);
    const steps = program
      .text()
      .split("\n")
      .filter((line) => line.startsWith("{"))
      .map((line) => JSON.parse(line) as PiStep);
    const end = steps.find((step) => step.step === "started" || step.step === "stopped");
    if (end === undefined) throw new Error(`no end in: ${program.text()}`);
    return { steps, end, asked: steps.flatMap((each) => (each.step === "file" ? [each.path] : [])) };
  } finally {
    await host.close();
  }
}

/**
 * Has `mayfly rpi4 assemble` make `boot-media/rpi4` in a folder, of made-up parts.
 *
 * @param program - an iPXE for arm64 to have as bootaa64.efi
 */
export async function assemblePiTree(folder: string, program?: string): Promise<string> {
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, "uefi.zip"), zipOf(uefiRelease()));
  writeFiles(join(folder, "pxe"), pipxe());
  writeFiles(join(folder, "overlays"), overlays());
  const parts = ["uefi.zip", "pxe", "overlays", ...(program === undefined ? [] : [program])];
  const places = ["--media", join(folder, "boot-media"), "--state", join(folder, "state")];
  await run(process.execPath, [MAYFLY, "rpi4", "assemble", ...parts, ...places], { cwd: folder });
  return join(folder, "boot-media/rpi4");
}
