/**
 * What a Linux kernel's first bytes say of it: format, instruction set, version, least size.
 *
 * A compressed image says nothing but that it is one; the kernel is not unpacked here.
 *
 * ```
 * x86    0x1f1 setup_sects  0x1f4 syssize  0x202 "HdrS"  0x206 protocol  0x20e kernel_version
 * arm64  0x38  "ARM\x64"    riscv64 0x30 "RISCV"   0x38 "RSC\x05"
 * arm32  0x24  0x016f2818
 * EFI    0x00  "MZ"         0x04 "zimg" (zboot)     0x3c offset of "PE\0\0" + machine
 * ```
 *
 * @see Linux Documentation/arch/x86/boot.rst, arch/arm64/booting.rst, arch/riscv/boot-image-header.rst
 */

import { WireError } from "../error.ts";

/** The names that `boot` gives to instruction set families. */
export type KernelIsa = "x86" | "arm32" | "arm64" | "riscv64" | "loong64";

export interface KernelHeader {
  readonly format:
    | "bzimage" // x86
    | "image" // arm64, riscv64: flat, with or without an EFI stub
    | "zimage" // arm32
    | "zboot" // an EFI program that unpacks the kernel in it
    | "efi" // any other EFI program: a unified kernel image, or loong64's vmlinux.efi
    | "elf" // vmlinux
    | "compressed"; // gzip, zstd, xz, …: what is inside is not known
  readonly isa?: KernelIsa;
  /** As `uname -r` says it. */
  readonly version?: string;
  /** A shorter file is cut off. Absent where the header does not tell. */
  readonly leastBytes?: number;
}

/** So many bytes of the file's beginning tell all that {@link decodeKernelHeader} can find. */
export const KERNEL_HEADER_BYTES = 0x10000;

/** COFF machine numbers, as a PE header has them at 4. */
const ISA_BY_MACHINE: ReadonlyMap<number, KernelIsa> = new Map([
  [0x014c, "x86"],
  [0x8664, "x86"],
  [0x01c0, "arm32"],
  [0x01c2, "arm32"],
  [0x01c4, "arm32"],
  [0xaa64, "arm64"],
  [0x5064, "riscv64"],
  [0x6264, "loong64"],
]);

/** ELF's e_machine. */
const ISA_BY_ELF: ReadonlyMap<number, KernelIsa> = new Map([
  [3, "x86"],
  [62, "x86"],
  [40, "arm32"],
  [183, "arm64"],
  [243, "riscv64"],
  [258, "loong64"],
]);

const COMPRESSED: readonly (readonly number[])[] = [
  [0x1f, 0x8b], // gzip
  [0x28, 0xb5, 0x2f, 0xfd], // zstd
  [0xfd, 0x37, 0x7a, 0x58, 0x5a], // xz
  [0x5d, 0x00, 0x00], // lzma
  [0x42, 0x5a, 0x68], // bzip2
  [0x02, 0x21, 0x4c, 0x18], // lz4, as the kernel's own makefiles write it
  [0x04, 0x22, 0x4d, 0x18], // lz4
  [0x89, 0x4c, 0x5a, 0x4f], // lzo
];

/**
 * Reads the header of a kernel.
 *
 * @param bytes - the file's beginning, {@link KERNEL_HEADER_BYTES} of it or the whole of a shorter file
 * @returns `undefined` if this is no kernel that we know
 * @throws {@link WireError} `WIRE_TRUNCATED` if the bytes claim to be a kernel and end within its header
 */
export function decodeKernelHeader(bytes: Uint8Array): KernelHeader | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (isAt(bytes, 0x202, "HdrS")) return decodeBzImage(bytes, view);
  if (isAt(bytes, 0x38, "ARMd")) return image("arm64", view);
  if (isAt(bytes, 0x38, "RSC\x05")) return image("riscv64", view);
  if (bytes.length >= 0x28 && view.getUint32(0x24, true) === 0x016f2818) {
    return { format: "zimage", isa: "arm32", leastBytes: view.byteLength < 0x30 ? 0x30 : armSize(view) };
  }
  if (isAt(bytes, 0, "MZ")) return decodeEfi(bytes, view);
  if (isAt(bytes, 0, "\x7fELF")) return decodeElf(view);
  return COMPRESSED.some((magic) => magic.every((byte, i) => bytes[i] === byte))
    ? { format: "compressed" }
    : undefined;
}

const BANNER = "Linux version ";
/** How much two neighbouring pieces must overlap so that {@link findKernelBanner} misses nothing. */
export const KERNEL_BANNER_BYTES = 128;

/** Finds the version in the banner that an uncompressed kernel carries in its read-only data, if `bytes` hold it. */
export function findKernelBanner(bytes: Uint8Array): string | undefined {
  for (let at = indexOf(bytes, BANNER, 0); at >= 0; at = indexOf(bytes, BANNER, at + 1)) {
    const start = at + BANNER.length;
    const version = word(bytes, start);
    // Without the space behind it the bytes may end within the version.
    const isWhole = version !== undefined && bytes[start + version.length] === 0x20;
    if (isWhole && /^\d+\.\d+/.test(version)) return version;
  }
  return undefined;
}

function decodeBzImage(bytes: Uint8Array, view: DataView): KernelHeader {
  const protocol = read(view, "getUint16", 0x206);
  const setupBytes = 0x200 * ((bytes[0x1f1] || 4) + 1); // 0 stands for 4
  const versionAt = read(view, "getUint16", 0x20e) + 0x200;
  // Before 2.04 syssize is 16 bits of a number that may need more. It counts paragraphs of 16 bytes,
  // and the last one need not be whole (ipxe.lkrn).
  const body = protocol >= 0x0204 ? Math.max(0, 16 * read(view, "getUint32", 0x1f4) - 15) : 0;
  const version = versionAt > 0x200 && versionAt < setupBytes ? word(bytes, versionAt) : undefined;
  return {
    format: "bzimage",
    isa: "x86",
    ...(version === undefined ? {} : { version }),
    leastBytes: setupBytes + body,
  };
}

/** A flat image with an EFI stub is a PE program too, whose section table tells how long it is. */
function image(isa: KernelIsa, view: DataView): KernelHeader {
  const leastBytes = view.getUint16(0, true) === 0x5a4d ? peSize(view) : undefined;
  return { format: "image", isa, ...(leastBytes === undefined ? {} : { leastBytes }) };
}

/** End address minus start address, as the zImage header has them. */
function armSize(view: DataView): number {
  const size = view.getUint32(0x2c, true) - view.getUint32(0x28, true);
  return Math.max(size, 0x30);
}

function decodeEfi(bytes: Uint8Array, view: DataView): KernelHeader | undefined {
  const pe = read(view, "getUint32", 0x3c);
  if (pe + 24 > view.byteLength || view.getUint32(pe, true) !== 0x4550) return undefined;
  const isa = ISA_BY_MACHINE.get(view.getUint16(pe + 4, true));
  const leastBytes = peSize(view);
  return {
    format: isAt(bytes, 4, "zimg") ? "zboot" : "efi",
    ...(isa === undefined ? {} : { isa }),
    ...(leastBytes === undefined ? {} : { leastBytes }),
  };
}

/** Where the last section's bytes end in the file. */
function peSize(view: DataView): number | undefined {
  const pe = read(view, "getUint32", 0x3c);
  if (pe + 24 > view.byteLength) return undefined;
  const sections = view.getUint16(pe + 6, true);
  const table = pe + 24 + view.getUint16(pe + 20, true);
  if (sections > 96 || table + 40 * sections > view.byteLength) return undefined;
  let end = 0;
  for (let at = table; at < table + 40 * sections; at += 40) {
    const isUninitialised = (view.getUint32(at + 36, true) & 0x80) !== 0;
    if (!isUninitialised) end = Math.max(end, view.getUint32(at + 16, true) + view.getUint32(at + 20, true));
  }
  return end;
}

function decodeElf(view: DataView): KernelHeader {
  const isLittle = read(view, "getUint8", 5) !== 2;
  if (view.byteLength < 20) throw truncated(18);
  const isa = ISA_BY_ELF.get(view.getUint16(18, isLittle));
  return { format: "elf", ...(isa === undefined ? {} : { isa }) };
}

/** Printable bytes without a space, up to the first that is none; at most 65, as `uname` allows. */
function word(bytes: Uint8Array, start: number): string | undefined {
  let end = start;
  while (end < bytes.length && end - start < 65 && /[!-~]/.test(String.fromCharCode(bytes[end] ?? 0))) end++;
  return end === start ? undefined : String.fromCharCode(...bytes.subarray(start, end));
}

function read(view: DataView, method: "getUint8" | "getUint16" | "getUint32", offset: number): number {
  if (offset + 4 > view.byteLength) throw truncated(offset);
  return view[method](offset, true);
}

function truncated(offset: number): WireError {
  return new WireError("WIRE_TRUNCATED", "the kernel ends within its own header", offset);
}

function isAt(bytes: Uint8Array, offset: number, text: string): boolean {
  return (
    bytes.length >= offset + text.length &&
    Array.from(text).every((char, i) => bytes[offset + i] === char.charCodeAt(0))
  );
}

function indexOf(bytes: Uint8Array, text: string, from: number): number {
  const first = text.charCodeAt(0);
  for (let at = bytes.indexOf(first, from); at >= 0; at = bytes.indexOf(first, at + 1)) {
    if (isAt(bytes, at, text)) return at;
  }
  return -1;
}
