/** Where the files of each part go in a Raspberry Pi 4's boot folder, and which of them do not belong there. */

import type { PartKind } from "./part-kind.ts";

/** The overlays that must be those of the UEFI release, since its `config.txt` and firmware were tried with them. */
export const TWO_OF_THE_RELEASE: readonly string[] = [
  "overlays/miniuart-bt.dtbo",
  "overlays/upstream-pi4.dtbo",
];

/** What UEFI's network boot fetches, and the default place of a boot program on any medium. */
export const BOOT_PROGRAM = "efi/boot/bootaa64.efi";

export type Place =
  | { readonly type: "place"; readonly place: string }
  | { readonly type: "left-out"; readonly reason: string };

/** A Pi that finds one of them writes its EEPROM, or starts a recovery (B1). */
export function isNeverServed(name: string): boolean {
  return /^(pieeprom|vl805|recovery|recover4)\b.*\.(upd|sig|bin|elf|img)$/i.test(name);
}

/**
 * Whether a file of this name can belong to a part: the others of a folder or zip are not even read.
 *
 * @param name - with its folders
 */
export function mayBelong(name: string): boolean {
  const base = name.slice(name.lastIndexOf("/") + 1);
  return (
    /\.(fd|dtbo|efi|ipxe)$/i.test(base) ||
    /^(bootcode\.bin|start4\w*\.elf|fixup4\w*\.dat|config\.txt|cmdline\.txt|bcm2711-.*\.dtb|(overlay|hat)_map\.dtb)$/i.test(
      base,
    ) ||
    /^README$/i.test(base) ||
    /(^|\/)firmware\/(brcm\/|licence|readme)[^/]*$/i.test(name) ||
    /^(licen[cs]e|copying)[\w.]*$/i.test(base) ||
    isNeverServed(base)
  );
}

/**
 * Where a file goes.
 *
 * @param name - relative to where the part begins
 * @returns `undefined` for a file that has nothing to do with it
 */
export function placeOf(kind: PartKind, name: string): Place | undefined {
  const base = name.slice(name.lastIndexOf("/") + 1);
  if (isNeverServed(base)) return leftOut("a Pi that finds it writes its EEPROM");
  if (base.toLowerCase() === "autoexec.ipxe") return leftOut("the server makes its own");
  if (kind === "overlays") return inOverlays(name);
  const lower = name.toLowerCase();
  if (lower.startsWith("overlays/")) return inOverlays(name.slice("overlays/".length));
  if (lower === "rpi_efi.fd") return at("RPI_EFI.fd");
  if (/^(start4|fixup4)\w*\.(elf|dat)$/.test(lower)) return isPair(lower) ? at(lower) : undefined;
  if (/^bcm2711-[\w-]+\.dtb$/.test(lower)) return at(lower);
  if (kind === "firmware") return undefined;
  if (lower === "config.txt" || lower === "cmdline.txt") return at(lower);
  if (lower.startsWith("efi/boot/") && lower.endsWith(".efi")) return at(lower);
  if (lower.startsWith("firmware/") || /^(licen[cs]e|copying)[\w.]*$/.test(lower)) return at(name);
  return undefined;
}

/** Other firmware files of the family, for cameras and for debugging, have no use under UEFI. */
function isPair(name: string): boolean {
  return name === "start4.elf" || name === "fixup4.dat";
}

function inOverlays(name: string): Place | undefined {
  if (name.includes("/")) return undefined;
  if (name.toUpperCase() === "README") return at("overlays/README");
  return /\.(dtbo|dtb)$/i.test(name) ? at(`overlays/${name.toLowerCase()}`) : undefined;
}

function at(place: string): Place {
  return { type: "place", place };
}

function leftOut(reason: string): Place {
  return { type: "left-out", reason };
}
