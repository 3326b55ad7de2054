/** The noun `boot program`: the iPXE binary that firmware loads first. */

import type { ProgramKind } from "../arch.ts";

/** Whose driver an iPXE uses for the network card: that of the firmware it was started by, or its own. */
export type ProgramDriver = "firmware" | "native";

export interface BootProgram {
  /** Flat and short, since some firmware fails on a folder in it (quirk Q12): `ipxe-x64.efi`. */
  readonly name: string;
  readonly kind: ProgramKind;
  /** Where the file lies, links followed. */
  readonly path: string;
  readonly sizeBytes: number;
  /** Absent where the file's name does not tell. */
  readonly driver?: ProgramDriver;
}
