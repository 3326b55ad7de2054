/** What a file of a Raspberry Pi's boot folder is, told by its content. */

import { findFirmwareVolumes, holdsPrograms } from "../../wire/efi/firmware-volume.ts";
import { ELF_VIDEOCORE3, isElf } from "../../wire/elf/header.ts";
import { WireError } from "../../wire/error.ts";
import { isFdt } from "../../wire/fdt/header.ts";
import { decodePeMachine, isPe } from "../../wire/pe/machine.ts";
import { parseConfigTxt } from "../../wire/rpi/config-txt.ts";
import { decodeFixup } from "../../wire/rpi/fixup.ts";

export type FileKind =
  | "uefi-firmware" // RPI_EFI.fd
  | "gpu-program" // start4.elf
  | "fixup" // fixup4.dat
  | "device-tree" // .dtb and .dtbo
  | "efi-arm64" // an EFI program for arm64
  | "efi-other" // an EFI program for something else
  | "config" // config.txt
  | "other";

/** The machine field of arm64 in a PE header. */
const PE_ARM64 = 0xaa64;
/** e_machine of an ELF file, at 18. */
const ELF_MACHINE_AT = 18;

/** @param bytes - the whole file */
export function recogniseFile(bytes: Uint8Array): FileKind {
  if (isPe(bytes)) return isArm64(bytes) ? "efi-arm64" : "efi-other";
  if (isFdt(bytes)) return "device-tree";
  if (isElf(bytes)) return bytes[ELF_MACHINE_AT] === ELF_VIDEOCORE3 ? "gpu-program" : "other";
  if (findFirmwareVolumes(bytes).some(holdsPrograms)) return "uefi-firmware";
  if (isFixup(bytes)) return "fixup";
  return isConfig(bytes) ? "config" : "other";
}

function isArm64(bytes: Uint8Array): boolean {
  return passes(() => decodePeMachine(bytes) === PE_ARM64);
}

function isFixup(bytes: Uint8Array): boolean {
  return bytes[0] === 0x0f && passes(() => decodeFixup(bytes).programHeaders > 0);
}

function passes(decode: () => boolean): boolean {
  try {
    return decode();
  } catch (error) {
    if (error instanceof WireError) return false;
    throw error;
  }
}

/** Settings of which every `config.txt` that boots something has one. */
const TELLING_KEYS: ReadonlySet<string> = new Set([
  "arm_64bit",
  "armstub",
  "device_tree_address",
  "dtoverlay",
  "dtparam",
  "enable_uart",
  "kernel",
]);
const MAX_CONFIG_BYTES = 256 * 1024;

function isConfig(bytes: Uint8Array): boolean {
  if (bytes.length > MAX_CONFIG_BYTES || bytes.includes(0)) return false;
  const lines = parseConfigTxt(decodeText(bytes));
  return lines.some((line) => line.type === "setting" && TELLING_KEYS.has(line.key));
}

/** A text of the boot folder; what is no UTF-8 is replaced. */
export function decodeText(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}
