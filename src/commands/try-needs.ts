/** What `mayfly try` needs on this machine for each firmware: programs, packages, an image when none is given. */

import { existsSync } from "node:fs";
import type { ProgramKind } from "../boot/arch.ts";
import { ensurePackages, findTool } from "../io/system/packages.ts";
import { ensureLabFiles, type LabLinux } from "../lab/files.ts";
import { findHostLinux } from "../lab/host-linux.ts";
import { writeImage } from "../lab/image.ts";
import { type Firmware, firmwareFiles, firmwareProgram } from "../lab/machine.ts";

/** As people call them, in `--firmware`. */
export type TryFirmware = "uefi" | "bios" | "arm64";

interface FirmwareRow {
  readonly firmware: Firmware;
  readonly isa: "x64" | "arm64";
  /** What its firmware boots; absent where the network card brings its own. */
  readonly program?: ProgramKind;
  readonly packages: readonly string[];
  readonly people: string;
}

export const FIRMWARE: Readonly<Record<TryFirmware, FirmwareRow>> = {
  uefi: {
    firmware: "ovmf",
    isa: "x64",
    program: "efi-x64",
    packages: ["qemu-system-x86", "ovmf"],
    people: "x64 UEFI firmware (OVMF)",
  },
  bios: {
    firmware: "bios",
    isa: "x64",
    packages: ["qemu-system-x86", "seabios", "ipxe-qemu"],
    people: "a BIOS (SeaBIOS) and iPXE in the network card",
  },
  arm64: {
    firmware: "aavmf",
    isa: "arm64",
    program: "efi-arm64",
    packages: ["qemu-system-arm", "qemu-efi-aarch64"],
    people: "arm64 UEFI firmware (AAVMF)",
  },
};

const COMMON_PACKAGES = ["dnsmasq-base", "iproute2", "util-linux", "ipxe"];
const COMMON_TOOLS = ["dnsmasq", "ip", "unshare", "nsenter", "setpriv"];

/**
 * Sees to it that everything is installed: installs it as root on a Debian, and else says what would.
 *
 * @throws Error that names the missing programs and the command that gets them
 */
export async function ensureTryTools(kind: TryFirmware, say: (line: string) => void): Promise<void> {
  const { firmware, packages } = FIRMWARE[kind];
  const missing = () => missingParts(firmware);
  if (missing().length === 0) return;
  const outcome = await ensurePackages([...COMMON_PACKAGES, ...packages], say);
  const still = missing();
  if (still.length === 0) return;
  const cure =
    outcome.type === "manual" && outcome.command !== ""
      ? `run: ${outcome.command}`
      : `install them: Debian calls the packages ${[...COMMON_PACKAGES, ...packages].join(" ")}`;
  throw new Error(`a virtual machine with ${FIRMWARE[kind].people} needs ${still.join(", ")}; ${cure}`);
}

function missingParts(firmware: Firmware): string[] {
  const tools = [...COMMON_TOOLS, firmwareProgram(firmware)].filter((tool) => findTool(tool) === undefined);
  const files = firmwareFiles(firmware);
  const isThere = files.length === 0 || files.some((each) => each.every((path) => existsSync(path)));
  return isThere ? tools : [...tools, files[0]?.[0] ?? ""];
}

/** Makes a small image in `folder`: this machine's own kernel where it may be read, else a fetched one. */
export async function makeTryImage(
  folder: string,
  isa: "x64" | "arm64",
  say: (line: string) => void,
): Promise<void> {
  await writeImage({ folder, isa, stamp: "demo", linux: await findLinux(isa, say) });
}

async function findLinux(isa: "x64" | "arm64", say: (line: string) => void): Promise<LabLinux> {
  const own = process.arch === isa ? await findHostLinux() : undefined;
  if (own !== undefined) return own;
  const files = await ensureLabFiles(say);
  return isa === "arm64" ? files.arm64 : files.amd64;
}
