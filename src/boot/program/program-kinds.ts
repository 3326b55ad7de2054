/** The kinds of firmware that there are boot programs for, and the names by which these are served. */

import type { ProgramKind } from "../arch.ts";
import type { ProgramDriver } from "./program.ts";

/** A kind of firmware, and how its program is told and called. */
export interface KindRow {
  readonly kind: ProgramKind;
  /** What firmware asks for; also the name by which an operator puts another file in its place. */
  readonly served: string;
  /** What the one with the other driver is called. */
  readonly servedOther: Readonly<Record<ProgramDriver, string>>;
  /** As it stands in the PE header; absent for BIOS. */
  readonly machines?: readonly number[];
  readonly people: string;
}

function efi(kind: ProgramKind, arch: string, machines: readonly number[], people: string): KindRow {
  const name = `ipxe-${arch}`;
  const servedOther = { firmware: `${name}-firmware.efi`, native: `${name}-native.efi` };
  return { kind, served: `${name}.efi`, servedOther, machines, people };
}

/** The common ones first. */
export const KINDS: readonly KindRow[] = [
  {
    kind: "bios-x86",
    served: "undionly.kpxe",
    servedOther: { firmware: "undionly-firmware.kpxe", native: "ipxe.pxe" },
    people: "BIOS machines",
  },
  efi("efi-x64", "x64", [0x8664], "x64 UEFI machines"),
  efi("efi-arm64", "arm64", [0xaa64], "arm64 UEFI machines"),
  efi("efi-x86", "x86", [0x14c], "32-bit x86 UEFI"),
  efi("efi-arm32", "arm32", [0x1c0, 0x1c2, 0x1c4], "32-bit ARM UEFI"),
  efi("efi-riscv64", "riscv64", [0x5064], "RISC-V UEFI"),
  efi("efi-loong64", "loong64", [0x6264], "LoongArch UEFI"),
];

/** The name by which firmware of a kind is given its program, whether or not one was found. */
export function servedName(kind: ProgramKind): string {
  return KINDS.find((row) => row.kind === kind)?.served ?? kind;
}

/** The kinds that a network is likely to have; the others are named in one line. */
export const COMMON_KINDS: ReadonlySet<ProgramKind> = new Set(["bios-x86", "efi-x64", "efi-arm64"]);
