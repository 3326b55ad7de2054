/** The rules about the files of a Raspberry Pi 4's boot folder: each is there, is what its name says, and whole. */

import { decodeFirmwareVolume, findFirmwareVolumes, NV_DATA_GUID } from "../../wire/efi/firmware-volume.ts";
import { decodeElf32, ELF_VIDEOCORE3 } from "../../wire/elf/header.ts";
import { WireError } from "../../wire/error.ts";
import { decodeFdtSize } from "../../wire/fdt/header.ts";
import { decodePeMachine } from "../../wire/pe/machine.ts";
import { decodeFixup } from "../../wire/rpi/fixup.ts";
import type { Finding, FindingCode } from "./finding.ts";
import { BOOT_PROGRAM, isNeverServed } from "./places.ts";
import { REQUIRED } from "./required.ts";
import type { Tree } from "./settings.ts";

/** Where the UEFI part of `RPI_EFI.fd` begins, behind the first stage of Trusted Firmware. */
const UEFI_AT = 0x20000;
const PE_ARM64 = 0xaa64;

export function lintFiles(tree: Tree): Finding[] {
  return [
    ...lintMissing(tree),
    ...lintOne(tree, "RPI_EFI.fd", "not-firmware", checkFirmware),
    ...lintOne(tree, "start4.elf", "not-elf", checkElf),
    ...lintOne(tree, BOOT_PROGRAM, "not-efi-program", checkProgram),
    ...lintDeviceTrees(tree),
    ...lintPair(tree),
    ...lintEeprom(tree),
  ];
}

function lintMissing(tree: Tree): Finding[] {
  return REQUIRED.filter(({ place }) => !tree.has(place)).map(({ place, why, from }) => ({
    code: "missing-file",
    level: "error",
    place,
    text: `it is not there, and ${why}`,
    cure: from,
  }));
}

/** Runs a check that throws a sentence. */
function lintOne(
  tree: Tree,
  place: string,
  code: FindingCode,
  check: (bytes: Uint8Array) => void,
): Finding[] {
  const bytes = tree.get(place);
  if (bytes === undefined) return [];
  try {
    check(bytes);
    return [];
  } catch (error) {
    if (!(error instanceof WireError)) throw error;
    return [
      {
        code,
        level: "error",
        place,
        text: error.message,
        cure: "get it anew: it was damaged, or is another file",
      },
    ];
  }
}

function checkFirmware(bytes: Uint8Array): void {
  decodeFirmwareVolume(bytes, UEFI_AT);
  if (!findFirmwareVolumes(bytes).some(({ guid }) => guid === NV_DATA_GUID)) {
    throw new WireError("WIRE_BAD_VALUE", "it has no place for variables");
  }
}

function checkElf(bytes: Uint8Array): void {
  const { machine, minBytes } = decodeElf32(bytes);
  if (machine !== ELF_VIDEOCORE3) {
    throw new WireError(
      "WIRE_BAD_VALUE",
      `it is built for machine ${machine}, not for the GPU (${ELF_VIDEOCORE3})`,
    );
  }
  if (bytes.length < minBytes) {
    throw new WireError("WIRE_TRUNCATED", `it has ${bytes.length} bytes of ${minBytes}`);
  }
}

function checkProgram(bytes: Uint8Array): void {
  const machine = decodePeMachine(bytes);
  if (machine !== PE_ARM64) {
    throw new WireError(
      "WIRE_BAD_VALUE",
      `it is built for machine 0x${machine.toString(16)}, not for arm64 (0xaa64)`,
    );
  }
}

function lintDeviceTrees(tree: Tree): Finding[] {
  const places = [...tree.keys()].filter((place) => /\.dtbo?$/.test(place)).sort();
  return places.flatMap((place) => lintOne(tree, place, "not-device-tree", checkDeviceTree));
}

function checkDeviceTree(bytes: Uint8Array): void {
  const sizeBytes = decodeFdtSize(bytes);
  if (bytes.length < sizeBytes) {
    throw new WireError("WIRE_TRUNCATED", `it has ${bytes.length} bytes of ${sizeBytes}`);
  }
}

/** The fixup file names the length and the headers of the one program that it fits. */
function lintPair(tree: Tree): Finding[] {
  const [program, fixup] = [tree.get("start4.elf"), tree.get("fixup4.dat")];
  if (program === undefined || fixup === undefined) return [];
  try {
    const { elfBytes, programHeaders } = decodeFixup(fixup);
    if (elfBytes === program.length && programHeaders === decodeElf32(program).programHeaders) return [];
    return [
      {
        code: "firmware-mismatch",
        level: "error",
        place: "fixup4.dat",
        text: `it belongs to a start4.elf of ${elfBytes} bytes and ${programHeaders} program headers, and this one has ${program.length} bytes`,
        cure: "take both from the same release",
      },
    ];
  } catch (error) {
    if (!(error instanceof WireError)) throw error;
    const text = `it cannot be read, so whether it fits start4.elf is not known (${error.message})`;
    return [
      {
        code: "firmware-mismatch",
        level: "warning",
        place: "fixup4.dat",
        text,
        cure: "take both from the same release",
      },
    ];
  }
}

function lintEeprom(tree: Tree): Finding[] {
  return [...tree.keys()]
    .filter((place) => isNeverServed(place.slice(place.lastIndexOf("/") + 1)))
    .map((place) => ({
      code: "eeprom-update",
      level: "warning",
      place,
      text: "a Pi that is given it writes its EEPROM",
      cure: "remove it unless that is what you want",
    }));
}
