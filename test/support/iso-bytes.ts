/** The least that passes for an ISO image: descriptors, a boot catalog, and the folders down to `EFI/BOOT`. */

import { SECTOR_BYTES } from "../../src/wire/iso/volume.ts";

export interface IsoBytes {
  /** The platforms of the boot catalog, the default entry first; absent: no catalog. */
  readonly platforms?: readonly number[];
  /** The names in `EFI/BOOT` on the disc; absent: no such folder. */
  readonly names?: readonly string[];
  /** The names in the FAT file system that the catalog leads to. */
  readonly fatNames?: readonly string[];
}

const CATALOG = 20;
const ROOT = 21;
const EFI = 22;
const BOOT = 23;
const PARTITION = 24;
const SECTORS = 26;

export function isoBytes({ platforms, names, fatNames = [] }: IsoBytes): Uint8Array {
  const disc = new Uint8Array(SECTORS * SECTOR_BYTES);
  const view = new DataView(disc.buffer);
  const at = (sector: number) => sector * SECTOR_BYTES;
  descriptor(disc, at(16), 1);
  view.setUint32(at(16) + 80, SECTORS, true);
  disc.set(record("\0", ROOT, true), at(16) + 156);
  if (platforms !== undefined) {
    descriptor(disc, at(17), 0);
    disc.set(ascii("EL TORITO SPECIFICATION"), at(17) + 7);
    view.setUint32(at(17) + 71, CATALOG, true);
    disc.set(catalog(platforms), at(CATALOG));
  }
  descriptor(disc, at(18), 255);
  disc.set(folder([["EFI", EFI]]), at(ROOT));
  if (names !== undefined) {
    disc.set(folder([["boot", BOOT]]), at(EFI));
    const files = names.map((name) => record(`${name};1`, PARTITION, false));
    disc.set(Uint8Array.from(files.flatMap((each) => [...each])), at(BOOT));
  }
  fatNames.forEach((name, index) => {
    const [base = "", extension = ""] = name.split(".");
    disc.set(ascii(base.padEnd(8) + extension), at(PARTITION) + 512 + 32 * index);
  });
  return disc;
}

function descriptor(disc: Uint8Array, at: number, type: number): void {
  disc.set([type, ...ascii("CD001"), 1], at);
}

function folder(folders: readonly (readonly [string, number])[]): Uint8Array {
  const records = [
    record("\0", 0, true),
    record("\u0001", 0, true),
    ...folders.map(([name, sector]) => record(name, sector, true)),
  ];
  return Uint8Array.from(records.flatMap((each) => [...each]));
}

function record(name: string, sector: number, isFolder: boolean): Uint8Array {
  const bytes = new Uint8Array((33 + name.length + 1) & ~1);
  const view = new DataView(bytes.buffer);
  bytes[0] = bytes.length;
  view.setUint32(2, sector, true);
  view.setUint32(10, SECTOR_BYTES, true);
  bytes[25] = isFolder ? 2 : 0;
  bytes[32] = name.length;
  bytes.set(ascii(name), 33);
  return bytes;
}

function catalog([first = 0, ...others]: readonly number[]): Uint8Array {
  const bytes = new Uint8Array(SECTOR_BYTES);
  const entry = (at: number) => {
    bytes[at] = 0x88;
    bytes[at + 8] = PARTITION;
  };
  bytes.set([1, first]);
  bytes.set([0x55, 0xaa], 30);
  entry(32);
  others.forEach((platform, index) => {
    const at = 64 + 64 * index;
    bytes.set([index === others.length - 1 ? 0x91 : 0x90, platform, 1, 0], at);
    entry(at + 32);
  });
  return bytes;
}

function ascii(text: string): number[] {
  return [...text].map((character) => character.charCodeAt(0));
}
