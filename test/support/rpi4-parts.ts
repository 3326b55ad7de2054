/** The parts of a Raspberry Pi 4's boot folder with the layouts that their makers give them, as files by name. */

import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { GivenPart } from "../../src/boot/rpi4/part.ts";
import {
  deviceTree,
  fixup,
  gpuProgram,
  ipxe,
  OLD_FIRMWARE_BYTES,
  PIPXE_CONFIG,
  releaseConfig,
  text,
  uefiFirmware,
} from "./rpi4-files.ts";
import { zipFile } from "./zip-file.ts";

export type Files = Readonly<Record<string, Uint8Array>>;

/** The zip of pftf/RPi4: v1.34 has firmware of 0x1f0000 bytes, v1.42 of 0x3e0000. */
export function uefiRelease(
  firmwareBytes = OLD_FIRMWARE_BYTES,
  config = releaseConfig(firmwareBytes),
): Files {
  return {
    "RPI_EFI.fd": uefiFirmware(firmwareBytes, "pftf"),
    "bcm2711-rpi-4-b.dtb": deviceTree("pftf 4b"),
    "bcm2711-rpi-cm4.dtb": deviceTree("pftf cm4"),
    "bcm2711-rpi-400.dtb": deviceTree("pftf 400"),
    "config.txt": text(config),
    "fixup4.dat": fixup(0x4000),
    "start4.elf": gpuProgram(0x4000),
    "overlays/miniuart-bt.dtbo": deviceTree("pftf miniuart-bt"),
    "overlays/upstream-pi4.dtbo": deviceTree("pftf upstream-pi4"),
    "Readme.md": text("# Raspberry Pi 4 UEFI Firmware Images"),
    "firmware/LICENCE.txt": text("licence"),
    "firmware/Readme.txt": text("readme"),
    "firmware/brcm/brcmfmac43455-sdio.bin": text("wireless"),
  };
}

/** The output folder of valtzu/pipxe. */
export function pipxe(): Files {
  return {
    "RPI_EFI.fd": uefiFirmware(OLD_FIRMWARE_BYTES, "pipxe"),
    "config.txt": text(PIPXE_CONFIG),
    "License.txt": text("licence of edk2"),
    "start4.elf": gpuProgram(0x5000, 4),
    "fixup4.dat": fixup(0x5000, 4),
    "bcm2711-rpi-4-b.dtb": deviceTree("pipxe 4b"),
    "overlays/overlay_map.dtb": deviceTree("pipxe map"),
    "efi/boot/bootaa64.efi": ipxe("pipxe"),
    "efi/boot/autoexec.ipxe": text("#!ipxe\nshell\n"),
    COPYING: text("GPL"),
  };
}

/** `boot/overlays` of raspberrypi/firmware, which has the release's two as well. */
export function overlays(): Files {
  return {
    README: text("Introduction"),
    "overlay_map.dtb": deviceTree("map"),
    "hat_map.dtb": deviceTree("hats"),
    "disable-bt.dtbo": deviceTree("disable-bt"),
    "miniuart-bt.dtbo": deviceTree("other miniuart-bt"),
    "upstream-pi4.dtbo": deviceTree("other upstream-pi4"),
  };
}

/** What Debian's raspi-firmware unpacks to. */
export function raspiFirmware(): Files {
  return {
    "usr/share/doc/raspi-firmware/copyright": text("copyright"),
    "usr/lib/raspi-firmware/bootcode.bin": text("boot code"),
    "usr/lib/raspi-firmware/start4.elf": gpuProgram(0x6000, 5),
    "usr/lib/raspi-firmware/fixup4.dat": fixup(0x6000, 5),
    "usr/lib/raspi-firmware/start4x.elf": gpuProgram(0x7000),
    "usr/lib/raspi-firmware/overlays/pi4-spidev.dtbo": deviceTree("spidev"),
  };
}

/** A part as it is read from a folder or a zip. */
export function given(source: string, files: Files): GivenPart {
  return { source, files: Object.entries(files).map(([name, bytes]) => ({ name, bytes })), isFile: false };
}

/** A part that is one file. */
export function givenFile(name: string, bytes: Uint8Array): GivenPart {
  return { source: name, files: [{ name, bytes }], isFile: true };
}

export function zipOf(files: Files): Uint8Array {
  return zipFile(Object.entries(files).map(([name, bytes]) => ({ name, bytes })));
}

export function writeFiles(folder: string, files: Files): string {
  for (const [name, bytes] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), bytes);
  }
  return folder;
}
