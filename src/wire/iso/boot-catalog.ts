/**
 * The boot catalog of an ISO image: which firmware finds a program on it, and where.
 *
 * ```
 * 0   validation entry: 01, platform, …, 55 AA at 30
 * 32  default entry:    88 if bootable, …, sector at 8
 * 64  section header:   90, or 91 for the last; platform; count at 2
 * 96  section entries, as the default entry
 * ```
 *
 * @see El Torito Bootable CD-ROM Format Specification 1.0 §2.1-2.4; UEFI 2.10 §13.3.2.1
 */

import { WireError } from "../error.ts";

export interface BootEntry {
  /** 0 is x86 BIOS, 0xef UEFI. */
  readonly platform: number;
  /** The sector where its image begins. */
  readonly sector: number;
}

export const PLATFORM_BIOS = 0;
export const PLATFORM_EFI = 0xef;

const ENTRY_BYTES = 32;
const BOOTABLE = 0x88;
const SECTION_HEADER = 0x90;
const LAST_SECTION_HEADER = 0x91;

/**
 * Lists what can be booted.
 *
 * @param bytes - the sector of the catalog
 * @throws {@link WireError} `WIRE_BAD_MAGIC` if this is no boot catalog
 */
export function decodeBootCatalog(bytes: Uint8Array): BootEntry[] {
  if (bytes[0] !== 1 || bytes[30] !== 0x55 || bytes[31] !== 0xaa) {
    throw new WireError("WIRE_BAD_MAGIC", "this is no boot catalog", 0);
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const entries: BootEntry[] = [];
  const take = (at: number, platform: number): void => {
    if (bytes[at] === BOOTABLE) entries.push({ platform, sector: view.getUint32(at + 8, true) });
  };
  take(ENTRY_BYTES, bytes[1] ?? 0);
  for (let at = 2 * ENTRY_BYTES; at + ENTRY_BYTES <= bytes.length; ) {
    const mark = bytes[at] ?? 0;
    if (mark !== SECTION_HEADER && mark !== LAST_SECTION_HEADER) break;
    const platform = bytes[at + 1] ?? 0;
    const count = view.getUint16(at + 2, true);
    const end = Math.min(at + ENTRY_BYTES * (count + 1), bytes.length - ENTRY_BYTES + 1);
    for (let entry = at + ENTRY_BYTES; entry < end; entry += ENTRY_BYTES) take(entry, platform);
    if (mark === LAST_SECTION_HEADER) break;
    at += ENTRY_BYTES * (count + 1);
  }
  return entries;
}
