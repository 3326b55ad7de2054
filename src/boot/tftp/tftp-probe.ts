/** Files that firmware asks for on the chance that they are there (T7): that they are not is no news. */

import { baseName } from "../base-name.ts";

const PROBES: readonly RegExp[] = [
  /^bootsig\.bin$/,
  /^(config|cmdline|bootcfg|ssh|wpa_supplicant)\.(txt|conf)$/,
  /^(pieeprom|vl805|recovery|bootcode|fixup|start|dt-blob|kernel|armstub|recover|boot)[\w-]*\.(sig|upd|bin|elf|dat|img|ramdisk)$/,
  /^bcm2\d+[\w-]*\.dtb$/,
  /^overlay_map\.dtb$/,
  /\.dtbo?$/,
  /^[0-9a-f]{8}\.img$/, // U-Boot, by its own address
  /^dtb$/, // U-Boot, whose board names no device tree
  /^(grubx64|grubaa64|mmx64|mmaa64|fbx64|fbaa64|revocations|shim_certificate)[\w-]*\.efi$/, // shim
  /^ldlinux\.(c32|e32|e64)$/,
];

/** Whether a path that is not there is one that firmware tries and goes on without. */
export function isNormalProbe(path: string): boolean {
  const lower = path.toLowerCase();
  if (/(^|\/)pxelinux\.cfg(\/|$)/.test(lower) || /(^|\/)grub[\w-]*\/.*\.(cfg|lst|mod)/.test(lower))
    return true;
  return PROBES.some((probe) => probe.test(baseName(lower)));
}
