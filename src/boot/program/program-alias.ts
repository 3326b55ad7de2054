/** The names by which people, distributions and other DHCP servers ask for a boot program of some kind. */

import type { ProgramKind } from "../arch.ts";

/** By base name in lower case. UEFI's own `boot<arch>.efi` are what removable media would have. */
const KIND_BY_NAME: ReadonlyMap<string, ProgramKind> = new Map([
  ["undionly.kpxe", "bios-x86"],
  ["undionly.kkpxe", "bios-x86"],
  ["undionly.pxe", "bios-x86"],
  ["undionly.0", "bios-x86"], // what dnsmasq's pxe-service makes of 'undionly'
  ["ipxe.pxe", "bios-x86"],
  ["bootia32.efi", "efi-x86"],
  ["ipxe-i386.efi", "efi-x86"],
  ["ipxe-ia32.efi", "efi-x86"],
  ["bootx64.efi", "efi-x64"],
  ["ipxe-x64.efi", "efi-x64"],
  ["ipxe-x86_64.efi", "efi-x64"],
  ["ipxe-amd64.efi", "efi-x64"],
  ["ipxe-snponly-x86_64.efi", "efi-x64"],
  ["bootarm.efi", "efi-arm32"],
  ["ipxe-arm32.efi", "efi-arm32"],
  ["bootaa64.efi", "efi-arm64"],
  ["ipxe-aa64.efi", "efi-arm64"],
  ["ipxe-arm64.efi", "efi-arm64"],
  ["ipxe-aarch64.efi", "efi-arm64"],
  ["bootriscv64.efi", "efi-riscv64"],
  ["ipxe-riscv64.efi", "efi-riscv64"],
  ["bootloongarch64.efi", "efi-loong64"],
  ["ipxe-loong64.efi", "efi-loong64"],
]);

/** iPXE calls its builds for every architecture the same: the folder tells, as in `arm64-efi/ipxe.efi`. */
const ANY_ARCH: ReadonlySet<string> = new Set(["ipxe.efi", "snponly.efi", "snp.efi"]);

const KIND_BY_FOLDER: readonly (readonly [RegExp, ProgramKind])[] = [
  [/arm64|aarch64|aa64/, "efi-arm64"],
  [/arm32|armhf/, "efi-arm32"],
  [/i386|ia32/, "efi-x86"],
  [/riscv64/, "efi-riscv64"],
  [/loong/, "efi-loong64"],
];

/** Which kind of program a path asks for; `undefined` if it is no name of one. */
export function programKindByName(path: string): ProgramKind | undefined {
  const lower = path.toLowerCase();
  const slash = lower.lastIndexOf("/");
  const name = lower.slice(slash + 1);
  if (!ANY_ARCH.has(name)) return KIND_BY_NAME.get(name);
  const folder = lower.slice(0, slash + 1);
  return KIND_BY_FOLDER.find(([pattern]) => pattern.test(folder))?.[1] ?? "efi-x64";
}
