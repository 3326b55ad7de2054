/** The noun `client`: the program that asks now, and the machine it runs on, as far as one request tells. */

import type { Mac } from "../wire/net/mac.ts";
import type { Isa, ProgramKind } from "./arch.ts";
import type { PciId } from "./program/nic.ts";

/**
 * Which program on the machine is asking.
 *
 * - `rom`: a BIOS PXE ROM
 * - `pi-rom`: the EEPROM of a Raspberry Pi, which claims to be a BIOS PXE ROM (quirk R1)
 * - `uefi`: UEFI's PXE client, which wants its answer on 4011
 * - `http-boot`: UEFI's HTTP Boot client
 * - `u-boot`: U-Boot, before it does as UEFI's PXE client does; it starts a kernel itself
 * - `ipxe`: iPXE, the last stage that asks before the kernel
 * - `kexec`: a Linux that runs and will have another one in its place
 */
export type Stage = "rom" | "pi-rom" | "uefi" | "http-boot" | "u-boot" | "ipxe" | "kexec";

/** The stages that ask by DHCP. */
export type DhcpStage = Exclude<Stage, "kexec">;

/** What one request tells about a machine. Made by `identify()` from a DHCP packet, or from a script's URL. */
export interface BootClient {
  readonly mac: Mac;
  readonly stage: Stage;
  /** SMBIOS UUID in lower case with hyphens; absent when the firmware has none (all zero, all ones). */
  readonly uuid?: string;
  /** SMBIOS or Raspberry Pi serial number, as the machine spells it. */
  readonly serial?: string;
  /** Of a Raspberry Pi that says it: 4 for a Pi 4. */
  readonly piModel?: number;
  /** Absent when the client does not say, or says one that has no row in the table. */
  readonly isa?: Isa;
  /** Which boot program it can start; absent as {@link BootClient.isa}, and for iPXE that came by URL. */
  readonly program?: ProgramKind;
  /** Option 93's number, for people: logs and `explain`. */
  readonly arch?: number;
  /** What iPXE, or the EEPROM of a Raspberry Pi, tells of the machine for people to know it by. */
  readonly facts?: MachineFacts;
  /** The network card's chip, which only iPXE tells. */
  readonly pci?: PciId;
}

/** What a machine says of itself beside its identity, in its own spelling; whatever it leaves out is absent. */
export interface MachineFacts {
  /** `pcbios` or `efi`. */
  readonly platform?: string;
  /** The network card's chip, as its driver calls it: `virtio-net`, `i350`. */
  readonly nic?: string;
  /** Bus, vendor and device of the network card in hex with hyphens: `01-1a-f4-10-00`. */
  readonly busId?: string;
  readonly manufacturer?: string;
  readonly product?: string;
  readonly asset?: string;
  /** Of iPXE itself. */
  readonly version?: string;
}
