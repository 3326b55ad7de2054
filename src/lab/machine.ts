/** Virtual machines with real firmware, plugged into the lab's LAN. */

import { constants, existsSync } from "node:fs";
import { copyFile } from "node:fs/promises";
import { join } from "node:path";
import type { Flash } from "./files.ts";
import type { Lan } from "./network.ts";
import { LabError, type Program } from "./program.ts";

/**
 * Which firmware starts the machine.
 *
 * - `bios`: SeaBIOS, with iPXE as the network card's ROM
 * - `ovmf`: EDK2 for x64
 * - `aavmf`: EDK2 for arm64
 * - `u-boot`: U-Boot for arm64, which also starts EFI programs
 */
export type Firmware = "bios" | "ovmf" | "aavmf" | "u-boot";

export interface MachineOptions {
  readonly firmware: Firmware;
  /** In lower case with colons. */
  readonly mac: string;
  readonly name?: string;
  /** Mebibytes; OVMF needs 192 or more. */
  readonly memoryMb?: number;
  /** Processors; 1 unless given. */
  readonly cpus?: number;
  /** UEFI only: fetches its boot program by HTTP Boot and not by PXE. */
  readonly httpBoot?: boolean;
  /** Firmware of another release than the one that is installed here. */
  readonly flash?: Flash;
  readonly uuid?: string;
  /** SMBIOS serial number. */
  readonly serial?: string;
  /** Starts anew where it is reset, as real machines do, and ends only when it powers off. */
  readonly restarts?: true;
  /**
   * What it boots from when the network gave nothing: a raw disk image, or a folder that becomes a FAT disk.
   */
  /** BIOS only: starts this Linux at once, as from a disk of its own, and nothing over the network. */
  readonly linux?: { readonly kernel: string; readonly initrd: string; readonly commandLine: string };
  readonly disk?: { readonly image: string } | { readonly folder: string };
}

/** A running machine; its text is what its serial port printed, from the firmware's first word on. */
export interface Machine extends Program {
  readonly mac: string;
  /** The switch's port that it is plugged into. */
  readonly tap: string;
}

interface FirmwareRow {
  readonly qemu: string;
  readonly machine: readonly string[];
  /** Where distributions keep it, in the order of preference; absent for BIOS, which QEMU has built in. */
  readonly flash?: readonly Flash[];
}

// Without graphics SeaBIOS and iPXE write to the serial port.
const PC = ["-M", "q35,graphics=off", "-vga", "none"];
// EDK2 for arm64 since 2024 boots from no network where the processor has no random numbers: the device
// that suffices for OVMF does not for it (Q14). Its own way to sign pointers costs an emulator nothing.
const ARM_BOARD = ["-M", "virt", "-cpu", "max,pauth-impdef=on"];

const FIRMWARE: Readonly<Record<Firmware, FirmwareRow>> = {
  bios: { qemu: "qemu-system-x86_64", machine: PC },
  ovmf: {
    qemu: "qemu-system-x86_64",
    machine: PC,
    flash: [
      { code: "/usr/share/OVMF/OVMF_CODE_4M.fd", variables: "/usr/share/OVMF/OVMF_VARS_4M.fd" },
      { code: "/usr/share/OVMF/OVMF_CODE.fd", variables: "/usr/share/OVMF/OVMF_VARS.fd" },
      { code: "/usr/share/edk2/x64/OVMF_CODE.4m.fd", variables: "/usr/share/edk2/x64/OVMF_VARS.4m.fd" },
      { code: "/usr/share/edk2/ovmf/OVMF_CODE.fd", variables: "/usr/share/edk2/ovmf/OVMF_VARS.fd" },
    ],
  },
  aavmf: {
    qemu: "qemu-system-aarch64",
    machine: ARM_BOARD,
    flash: [
      { code: "/usr/share/AAVMF/AAVMF_CODE.fd", variables: "/usr/share/AAVMF/AAVMF_VARS.fd" },
      { code: "/usr/share/edk2/aarch64/QEMU_CODE.fd", variables: "/usr/share/edk2/aarch64/QEMU_VARS.fd" },
      {
        code: "/usr/share/edk2/aarch64/QEMU_EFI-pflash.raw",
        variables: "/usr/share/edk2/aarch64/vars-template-pflash.raw",
      },
    ],
  },
  "u-boot": {
    qemu: "qemu-system-aarch64",
    machine: ARM_BOARD,
    flash: [{ code: "/usr/lib/u-boot/qemu_arm64/u-boot.bin" }],
  },
};

/** The program that emulates a machine with this firmware. */
export function firmwareProgram(firmware: Firmware): string {
  return FIRMWARE[firmware].qemu;
}

/** Sets of files, any one of which will do; none where QEMU needs none. */
export function firmwareFiles(firmware: Firmware): readonly (readonly string[])[] {
  return (FIRMWARE[firmware].flash ?? []).map(partsOf);
}

function partsOf({ code, variables }: Flash): readonly string[] {
  return variables === undefined ? [code] : [code, variables];
}

const DEFAULT_MEMORY_MB = 512;

/**
 * Switches a machine on.
 *
 * It ends when it powers off or, unless it {@link MachineOptions.restarts}, is reset; and with us in any case.
 */
export async function startMachine(lan: Lan, options: MachineOptions): Promise<Machine> {
  const tap = await lan.addTap();
  const argv = await machineCommand(options, tap, join(lan.scratch, `${tap}.vars`));
  const program = await lan.switch.start(argv, { name: options.name ?? `${options.firmware} machine` });
  return { ...program, mac: options.mac, tap };
}

/** QEMU's command line; the firmware's variables are copied to the file `variables`. */
async function machineCommand(
  options: MachineOptions,
  tap: string,
  variables: string,
): Promise<[string, ...string[]]> {
  const row = FIRMWARE[options.firmware];
  const flash = options.flash === undefined ? row.flash : [options.flash];
  const ownRom = flash === undefined;
  return [
    row.qemu,
    // KVM may be there and still unable to run these guests in a virtual machine.
    ...["-accel", "tcg,thread=multi"],
    ...row.machine,
    ...["-m", String(options.memoryMb ?? DEFAULT_MEMORY_MB), "-smp", String(options.cpus ?? 1)],
    ...["-display", "none", "-monitor", "none", "-serial", "stdio", "-nodefaults"],
    ...(options.restarts === true ? [] : ["-no-reboot"]),
    ...(flash === undefined ? [] : await flashArguments(flash, options.firmware, variables)),
    // OVMF since 2024 boots from no network without a source of randomness (Q14).
    ...["-device", "virtio-rng-pci"],
    ...["-netdev", `tap,id=n0,ifname=${tap},script=no,downscript=no`],
    // An empty ROM, else the card's iPXE would take the place of the firmware's own PXE.
    ...["-device", `virtio-net-pci,netdev=n0,mac=${options.mac},bootindex=1${ownRom ? "" : ",romfile="}`],
    ...(options.httpBoot === true ? withoutPxe() : []),
    ...(options.uuid === undefined ? [] : ["-uuid", options.uuid]),
    ...(options.serial === undefined ? [] : ["-smbios", `type=1,serial=${options.serial}`]),
    ...(options.disk === undefined ? [] : diskArguments(options.disk)),
    ...(options.linux === undefined ? [] : linuxArguments(options.linux)),
  ];
}

async function flashArguments(
  flash: readonly Flash[],
  firmware: Firmware,
  variables: string,
): Promise<string[]> {
  const found = flash.find((files) => partsOf(files).every((path) => existsSync(path)));
  if (found === undefined) {
    throw new LabError(
      `no ${firmware} firmware found; looked for ${flash.map(({ code }) => code).join(", ")}`,
    );
  }
  if (found.variables === undefined) return ["-bios", found.code];
  // Fresh for every start: the firmware writes its boot order into them.
  await copyFile(found.variables, variables, constants.COPYFILE_FICLONE);
  return [
    ...["-drive", `if=pflash,format=raw,unit=0,readonly=on,file=${found.code}`],
    ...["-drive", `if=pflash,format=raw,unit=1,file=${variables}`],
  ];
}

function withoutPxe(): string[] {
  return ["4", "6"].flatMap((version) => [
    "-fw_cfg",
    `name=opt/org.tianocore/IPv${version}PXESupport,string=n`,
  ]);
}

function linuxArguments({ kernel, initrd, commandLine }: NonNullable<MachineOptions["linux"]>): string[] {
  return ["-kernel", kernel, "-initrd", initrd, "-append", commandLine];
}

function diskArguments(disk: NonNullable<MachineOptions["disk"]>): string[] {
  const file = "image" in disk ? disk.image : `fat:${disk.folder}`;
  return [
    ...["-drive", `if=none,id=d0,format=raw,readonly=on,file=${file}`],
    ...["-device", "virtio-blk-pci,drive=d0,bootindex=2"],
  ];
}
