/** What a DHCP server can do that has one boot file for all machines, whatever they are. */

import { type AdviceFacts, clientRows, ipxeUrl } from "./client-rows.ts";

/**
 * Which machines a single boot file can boot.
 *
 * iPXE asks DHCP again when it has started, and is told the same file: itself. What saves it is that
 * EFI builds since 1.21.1 look for `autoexec.ipxe` beside themselves before they ask; builds for BIOS
 * never do (I8).
 */
export function oneFieldLines(facts: AdviceFacts): string[] {
  const rows = clientRows(facts).filter(({ transport }) => transport === "tftp");
  const name = (tag: string) => rows.find((row) => row.tag === tag)?.bootFile ?? "";
  return [
    "What works with one boot file:",
    `  all machines are x64 UEFI      ${name("mayfly-efi-x64")}, if it is iPXE 1.21.1 or newer`,
    `  all machines are arm64 UEFI    ${name("mayfly-efi-arm64")}, the same`,
    `  iPXE is in their card          ${ipxeUrl(facts)} (QEMU, Proxmox with a BIOS)`,
    "What does not:",
    "  x64 UEFI with an older iPXE    starts itself for ever (Debian 12 has 1.0.0, 13 has 1.21.1)",
    "  BIOS machines, by their ROM    iPXE for BIOS starts itself for ever, whatever its version",
    "  machines of several kinds      they all get the program of one kind",
    "  UEFI HTTP Boot                 it wants 'HTTPClient' in option 60, and others must not get that",
  ];
}
