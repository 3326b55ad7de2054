/**
 * The volume descriptors of an ISO image: how large it is, where its root folder and its boot catalog are.
 *
 * @see ECMA-119 §8, El Torito Bootable CD-ROM Format Specification 1.0 §2.0
 */

import { WireError } from "../error.ts";

/** The unit of every address on the disc. */
export const SECTOR_BYTES = 2048;
/** Where the descriptors begin, one in each sector. */
export const FIRST_DESCRIPTOR = 16;

/** A run of sectors. */
export interface Extent {
  readonly sector: number;
  readonly sizeBytes: number;
}

export interface IsoVolume {
  /** A shorter file is cut off. */
  readonly leastBytes: number;
  readonly root: Extent;
  /** The sector of the boot catalog; absent on a disc that boots nothing. */
  readonly bootCatalog?: number;
}

const PRIMARY = 1;
const BOOT_RECORD = 0;
const TERMINATOR = 255;
const EL_TORITO = "EL TORITO SPECIFICATION";
const ROOT_RECORD_AT = 156;
const BLOCKS_AT = 80;
const CATALOG_AT = 71;

/** Whether a sector is a volume descriptor of an ISO image. */
export function isVolumeDescriptor(sector: Uint8Array): boolean {
  return textAt(sector, 1, 5) === "CD001";
}

/**
 * Reads the volume descriptors.
 *
 * @param bytes - the disc's sectors from {@link FIRST_DESCRIPTOR} on, as far as they were read
 * @throws {@link WireError} `WIRE_BAD_MAGIC` if this is no ISO image, or one without a primary descriptor
 */
export function decodeVolume(bytes: Uint8Array): IsoVolume {
  let primary: Pick<IsoVolume, "leastBytes" | "root"> | undefined;
  let bootCatalog: number | undefined;
  for (let at = 0; at + SECTOR_BYTES <= bytes.length; at += SECTOR_BYTES) {
    const sector = bytes.subarray(at, at + SECTOR_BYTES);
    if (!isVolumeDescriptor(sector) || sector[0] === TERMINATOR) break;
    const view = new DataView(sector.buffer, sector.byteOffset, sector.byteLength);
    if (sector[0] === PRIMARY) {
      primary ??= {
        leastBytes: view.getUint32(BLOCKS_AT, true) * SECTOR_BYTES,
        root: extentAt(view, ROOT_RECORD_AT),
      };
    }
    if (sector[0] === BOOT_RECORD && textAt(sector, 7, EL_TORITO.length) === EL_TORITO) {
      bootCatalog ??= view.getUint32(CATALOG_AT, true);
    }
  }
  if (primary === undefined) {
    throw new WireError("WIRE_BAD_MAGIC", "there is no primary volume descriptor", 0);
  }
  return { ...primary, ...(bootCatalog === undefined ? {} : { bootCatalog }) };
}

/** One thing in a folder. */
export interface IsoEntry {
  /** As the plainest of the name spaces has it, without a version: `BOOTX64.EFI`. */
  readonly name: string;
  /** As POSIX systems have it, where the disc says so (Rock Ridge): `bootx64.efi`. */
  readonly posixName?: string;
  readonly isFolder: boolean;
  readonly extent: Extent;
}

const FOLDER_FLAG = 2;
const NAME_AT = 33;

/**
 * Lists a folder; itself and the one above left out.
 *
 * A record never crosses into the next sector: a length of 0 means that the rest of this one is empty.
 *
 * @param bytes - the sectors of the folder
 */
export function decodeFolder(bytes: Uint8Array): IsoEntry[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const entries: IsoEntry[] = [];
  for (let at = 0; at < bytes.length; ) {
    const length = bytes[at] ?? 0;
    if (length <= NAME_AT || at + length > bytes.length) {
      at = (Math.floor(at / SECTOR_BYTES) + 1) * SECTOR_BYTES;
      continue;
    }
    const nameBytes = Math.min(bytes[at + 32] ?? 0, length - NAME_AT);
    const name = textAt(bytes, at + NAME_AT, nameBytes);
    // The folder itself is called by the byte 0, the one above by 1.
    if (nameBytes > 1 || name > "\u0001") {
      const isFolder = ((bytes[at + 25] ?? 0) & FOLDER_FLAG) !== 0;
      // What follows the name begins at an even place.
      const posixName = rockRidgeName(
        bytes.subarray(at + NAME_AT + nameBytes + (~nameBytes & 1), at + length),
      );
      entries.push({
        name: name.replace(/\.?;\d+$/, ""),
        ...(posixName === "" ? {} : { posixName }),
        isFolder,
        extent: extentAt(view, at),
      });
    }
    at += length;
  }
  return entries;
}

const NM_TEXT_AT = 5;

/**
 * Joins the `NM` entries of a record's system use area; empty where there are none.
 *
 * What a disc keeps elsewhere for want of room (`CE`) is not followed: its names are then those of the
 * plain name space.
 *
 * @see IEEE P1281 (SUSP) §4, IEEE P1282 (RRIP) §4.1.4
 */
function rockRidgeName(area: Uint8Array): string {
  let name = "";
  for (let at = 0; at + 4 <= area.length; ) {
    const length = area[at + 2] ?? 0;
    if (length < 4 || at + length > area.length) break;
    if (textAt(area, at, 2) === "NM") name += utf8(area.subarray(at + NM_TEXT_AT, at + length));
    at += length;
  }
  return name;
}

function utf8(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}

function extentAt(view: DataView, at: number): Extent {
  return { sector: view.getUint32(at + 2, true), sizeBytes: view.getUint32(at + 10, true) };
}

/** Latin 1, as far as there are bytes. */
function textAt(bytes: Uint8Array, at: number, length: number): string {
  return String.fromCharCode(...bytes.subarray(at, at + length));
}
