/** The names under which UEFI looks for a boot program on removable media: they tell the processor. */

import type { KernelIsa } from "../linux/kernel-header.ts";

const ISA_BY_NAME: ReadonlyMap<string, KernelIsa> = new Map([
  ["BOOTX64", "x86"],
  ["BOOTIA32", "x86"],
  ["BOOTAA64", "arm64"],
  ["BOOTARM", "arm32"],
  ["BOOTRISCV64", "riscv64"],
  ["BOOTLOONGARCH64", "loong64"],
]);

/** For which processor a file of `EFI/BOOT` is; `undefined` if UEFI would not look for it. @see UEFI 2.10 §3.5.1.1 */
export function isaOfEfiName(name: string): KernelIsa | undefined {
  const [, base = ""] = /^(.*)\.EFI$/i.exec(name) ?? [];
  return ISA_BY_NAME.get(base.toUpperCase());
}

/** A folder's entries have 32 bytes, of which the first 11 are the name, padded with blanks. */
const FAT_ENTRY_BYTES = 32;
const FAT_NAME_BYTES = 11;
/** A volume's label, which may have any name. */
const LABEL_FLAG = 8;

/**
 * For which processors a FAT file system has a boot program, told from the names in its folders.
 *
 * The folders are not followed: whatever looks like an entry with such a name counts.
 *
 * @param bytes - the beginning of the file system; small ones have all their folders there
 */
export function isasInFat(bytes: Uint8Array): ReadonlySet<KernelIsa> {
  const found = new Set<KernelIsa>();
  for (let at = 0; at + FAT_ENTRY_BYTES <= bytes.length; at += FAT_ENTRY_BYTES) {
    if (bytes[at] !== 0x42 || ((bytes[at + FAT_NAME_BYTES] ?? 0) & LABEL_FLAG) !== 0) continue; // "B"
    const name = String.fromCharCode(...bytes.subarray(at, at + FAT_NAME_BYTES));
    const isa = isaOfEfiName(`${name.slice(0, 8).trimEnd()}.${name.slice(8)}`);
    if (isa !== undefined) found.add(isa);
  }
  return found;
}
