/** Files of a Raspberry Pi 4's boot folder, made up: right where programs look at them, and empty elsewhere. */

import { concat } from "../../src/wire/bytes.ts";
import { NV_DATA_GUID } from "../../src/wire/efi/firmware-volume.ts";
import { encodeGuid } from "../../src/wire/efi/guid.ts";
import { ARM64, peFile } from "./pe-file.ts";

/** Up to pftf v1.38 and pipxe, and since pftf v1.39: the length says where the device tree is expected. */
export const OLD_FIRMWARE_BYTES = 0x1f0000;
export const NEW_FIRMWARE_BYTES = 0x3e0000;

const FFS2 = "8c8ce578-8a3d-4f1c-9935-896185c32dd3";

/** `RPI_EFI.fd`: Trusted Firmware, then a volume with programs, then one with variables. */
export function uefiFirmware(sizeBytes: number, mark: string): Uint8Array {
  const image = new Uint8Array(sizeBytes).fill(0xff);
  image.set(volumeHeader(FFS2, sizeBytes - 0x30000 - 0x20000), 0x20000);
  image.set(volumeHeader(NV_DATA_GUID, 0x20000), sizeBytes - 0x30000);
  image.set(variableStoreHeader(0xdfb8), sizeBytes - 0x30000 + 72);
  image.set(text(mark), 0x100);
  return image;
}

function volumeHeader(guid: string, sizeBytes: number): Uint8Array {
  const header = new Uint8Array(72);
  const view = new DataView(header.buffer);
  header.set(encodeGuid(guid), 16);
  view.setBigUint64(32, BigInt(sizeBytes), true);
  header.set(text("_FVH"), 40);
  view.setUint32(44, 0x0004feff, true);
  view.setUint16(48, header.length, true);
  view.setUint8(55, 2);
  view.setUint32(56, sizeBytes / 0x1000, true);
  view.setUint32(60, 0x1000, true);
  let sum = 0;
  for (let at = 0; at < header.length; at += 2) sum += view.getUint16(at, true);
  view.setUint16(50, -sum & 0xffff, true);
  return header;
}

/** An empty store of authenticated variables. */
function variableStoreHeader(sizeBytes: number): Uint8Array {
  const header = new Uint8Array(28);
  header.set(encodeGuid("aaf32c78-947b-439a-a180-2e144ec37792"));
  new DataView(header.buffer).setUint32(16, sizeBytes, true);
  header.set([0x5a, 0xfe], 20);
  return header;
}

/** `start4.elf`: a 32-bit program for the GPU, all of whose segments lie in the file. */
export function gpuProgram(sizeBytes: number, programHeaders = 3, machine = 137): Uint8Array {
  const bytes = new Uint8Array(sizeBytes);
  const view = new DataView(bytes.buffer);
  bytes.set([0x7f, 0x45, 0x4c, 0x46, 1, 1, 1]);
  view.setUint16(16, 2, true);
  view.setUint16(18, machine, true);
  view.setUint32(20, 1, true);
  view.setUint32(24, 0xcec00200, true);
  view.setUint32(28, 52, true);
  view.setUint16(42, 32, true);
  view.setUint16(44, programHeaders, true);
  for (let index = 0; index < programHeaders; index++) {
    const at = 52 + 32 * index;
    view.setUint32(at, 1, true);
    view.setUint32(at + 4, 0x200, true);
    view.setUint32(at + 16, sizeBytes - 0x200, true);
  }
  return bytes;
}

/** `fixup4.dat` for a {@link gpuProgram} of this length: the entry point, the headers' addresses, one far place, the end. */
export function fixup(elfBytes: number, programHeaders = 3): Uint8Array {
  const codes = [0x0f];
  let words = 13;
  for (let index = 0; index < programHeaders; index++) {
    codes.push(index === 0 ? 0x13 : 0x0f, 0x03);
    words += (index === 0 ? 18 : 14) + 2;
  }
  const end = 0x36;
  codes.push(...far(1, elfBytes / 2 - words - (end - 1)), end);
  return Uint8Array.from([...codes, ...far(1, 7), ...far(1, 8), ...far(1, 9), ...far(1, 10)]);
}

function far(code: number, words: number): number[] {
  return [code, words & 0xff, (words >> 8) & 0xff, (words >> 16) & 0xff];
}

/** A `.dtb` or `.dtbo`: a header, and the mark where its blocks would be. */
export function deviceTree(mark: string, sizeBytes = 256): Uint8Array {
  const bytes = new Uint8Array(sizeBytes);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, 0xd00dfeed);
  view.setUint32(4, sizeBytes);
  view.setUint32(8, 56);
  view.setUint32(12, 56);
  bytes.set(text(mark), 64);
  return bytes;
}

/** An iPXE for arm64. */
export function ipxe(mark: string): Uint8Array {
  return concat([peFile(ARM64), text(mark)]);
}

/** `config.txt` of pftf/RPi4, v1.34 or v1.42. */
export function releaseConfig(firmwareBytes: number): string {
  const [start, end] =
    firmwareBytes === OLD_FIRMWARE_BYTES ? ["0x1f0000", "0x200000"] : ["0x3e0000", "0x400000"];
  return [
    "arm_64bit=1",
    "enable_uart=1",
    "uart_2ndstage=1",
    "enable_gic=1",
    "armstub=RPI_EFI.fd",
    "disable_commandline_tags=1",
    "disable_overscan=1",
    `device_tree_address=${start}`,
    `device_tree_end=${end}`,
    "dtoverlay=miniuart-bt",
    "dtoverlay=upstream-pi4",
    "",
  ].join("\n");
}

/** `config.txt` of valtzu/pipxe. */
export const PIPXE_CONFIG = `arm_64bit=1
armstub=RPI_EFI.fd
boot_delay=0
enable_uart=1
device_tree_address=0x1f0000
device_tree_end=0x200000
dtoverlay=disable-bt
dtoverlay=upstream-pi4
`;

export function text(value: string): Uint8Array {
  return new TextEncoder().encode(value);
}
