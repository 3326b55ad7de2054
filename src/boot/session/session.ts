/** The noun `session`: one boot of one machine, from its first DISCOVER to its check-in, pinned to one generation. */

import type { Ipv4 } from "../../wire/net/ipv4.ts";
import type { Mac } from "../../wire/net/mac.ts";
import type { BootClient } from "../client.ts";
import type { TransferResult } from "../event.ts";
import type { GenerationId } from "../generation.ts";
import type { HostName } from "../host.ts";
import type { CheckIn } from "./check-in.ts";
import type { ConsoleLine } from "./session-console.ts";

/** Names a session, for ever; of two the one that began later sorts later. `[0-9a-z]{9}-[0-9a-z]{6}`. */
export type SessionId = string;

/**
 * One thing that a boot goes through, in the order of an ordinary one.
 *
 * - `firmware-dhcp`: the firmware asks for an address and is offered something to start
 * - `proxy-dhcp`: it asks on 4011
 * - `pi-firmware`: the EEPROM of a Raspberry Pi fetches its files
 * - `size-probe`: it asks how large the boot program is (T1)
 * - `boot-program`: it fetches it
 * - `autoexec`: iPXE looks for `autoexec.ipxe`
 * - `ipxe-dhcp`: iPXE asks for an address
 * - `script`: it asks for its script
 * - `kernel`, `initrd`, `image`: the files of the generation are fetched
 * - `kernel-dhcp`: what was booted asks for an address
 * - `check-in`: it has said that it is up
 */
export type SessionStage =
  | "firmware-dhcp"
  | "proxy-dhcp"
  | "pi-firmware"
  | "size-probe"
  | "boot-program"
  | "autoexec"
  | "ipxe-dhcp"
  | "script"
  | "kernel"
  | "initrd"
  | "image"
  | "kernel-dhcp"
  | "check-in";

/** One stage as it passed. A stage that was gone through twice stands there twice. */
export interface SessionStep {
  readonly stage: SessionStage;
  /** Milliseconds since the epoch. */
  readonly startMs: number;
  /** Absent while it is under way. */
  readonly endMs?: number;
  /** What was fetched, for those that fetch. */
  readonly path?: string;
  /** What it has. */
  readonly sizeBytes?: number;
  /** What was sent of it. */
  readonly sentBytes?: number;
  /** How many files, or parts of one, it stands for: those of a Raspberry Pi's EEPROM are told together. */
  readonly files?: number;
  readonly result?: TransferResult;
  /** Of a request that was repeated: how often it came. */
  readonly times?: number;
  /** For how many seconds the machine said that it had been asking when it was heard first. */
  readonly waitedSeconds?: number;
  /**
   * Over TFTP, for what did not arrive: the size of a block in bytes, and how many were acknowledged; -1: not
   * even that a size was agreed on.
   */
  readonly blocks?: { readonly sizeBytes: number; readonly acked: number };
  /** What else there is to say, in words: another server's answer, a refusal. */
  readonly note?: string;
}

/**
 * What became of a boot.
 *
 * - `under-way`
 * - `handed-over`: it has fetched all that it boots; whether it came up nobody has said
 * - `checked-in`: what was booted has said that it is up
 * - `failed`: it stopped, or began anew, before that
 * - `turned-away`: it was told that there is nothing for it
 */
export type SessionOutcome = "under-way" | "handed-over" | "checked-in" | "failed" | "turned-away";

/** Ties the script that a machine got to the check-in of what it booted: 16 hex digits, new for each script. */
export type BootId = string;

export interface Session {
  readonly id: SessionId;
  readonly mac: Mac;
  /** As it was when the session began, or as soon as it was known. */
  readonly host?: HostName;
  /** How the machine came: over the network, or from a Linux that ran. */
  readonly via: "netboot" | "kexec";
  /** What it said of itself, the last word of each. */
  readonly client?: BootClient;
  readonly address?: Ipv4;
  /** Other servers that were heard to give it something to boot; bounded. */
  readonly otherServers?: readonly Ipv4[];
  /** Milliseconds since the epoch. */
  readonly startMs: number;
  /** When something of it was seen last. */
  readonly lastMs: number;
  /** What its script, or the firmware's own boot, named. */
  readonly generation?: GenerationId;
  readonly bootId?: BootId;
  /** How many scripts it was given. */
  readonly scripts: number;
  /** In the order in which they began; bounded. */
  readonly steps: readonly SessionStep[];
  readonly outcome: SessionOutcome;
  readonly checkIn?: CheckIn;
  /** The last of what it said by syslog or netconsole, where that is received; bounded. */
  readonly console?: readonly ConsoleLine[];
}
