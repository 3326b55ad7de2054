/**
 * The one decision: what a machine boots next.
 *
 * DHCP on 67 and 4011, the script, `explain` and the dashboard ask this function, so they cannot
 * disagree about a machine. It knows no socket, no clock and no file.
 */

import { hyphenMac } from "../wire/net/mac.ts";
import type { BootClient } from "./client.ts";
import { type BootFile, type Generation, isasOf, isForUefi } from "./generation.ts";
import type { Host } from "./host.ts";
import { notForKexec } from "./kexec/loadable.ts";
import type { BootProgram } from "./program/program.ts";
import { type ProgramPick, pickProgram, type Remembered } from "./program/program-wish.ts";
import { generationFor } from "./rollout/choose-generation.ts";
import { canPiStart, findPiFile, piLayers } from "./rpi4/layers.ts";
import { isRaspberryPiMac } from "./rpi4/maker.ts";
import type { PiBoot } from "./rpi4/pi-tree.ts";
import { BOOT_PROGRAM } from "./rpi4/places.ts";
import { normalSerial } from "./rpi4/serial.ts";
import type { Snapshot } from "./snapshot.ts";
import { notForUBoot } from "./u-boot/u-boot.ts";

export type BootDecision =
  /**
   * Firmware gets the program that fits it, and why it is this one; a stranger's has no host, and iPXE is
   * told what to do with it.
   */
  | ({ readonly type: "chain"; readonly host?: Host } & ProgramPick)
  /** The EEPROM of a Raspberry Pi gets the files of its boot folder; a stranger's has no host. */
  | {
      readonly type: "firmware";
      readonly host?: Host;
      readonly generation?: Generation;
      readonly boot: PiBoot;
    }
  /** Firmware that boots by HTTP gets the image itself, which is one file. */
  | {
      readonly type: "image";
      readonly host: Host;
      readonly generation: Generation;
      readonly bootFile: BootFile;
    }
  /** iPXE gets the script of this generation, U-Boot its configuration. */
  | { readonly type: "script"; readonly host: Host; readonly generation: Generation }
  /** iPXE, or U-Boot, of a machine that we know gets a script that says why it cannot boot, and asks again. */
  | { readonly type: "refused"; readonly host: Host; readonly reason: RefusedReason }
  /** iPXE of a machine that nothing matches: it waits to be approved, or goes on at once. */
  | { readonly type: "stranger"; readonly policy: StrangerPolicy }
  | {
      readonly type: "silent";
      readonly reason: SilentReason;
      readonly host?: Host;
      /** Nobody named the machine, and only the default host covers it: it may be somebody else's. */
      readonly isByDefault?: true;
    };

/**
 * What happens to a machine that nothing matches, once it runs iPXE.
 *
 * - `hold`: its screen says who it is and how to approve it, and it waits for that
 * - `local`: it goes on with its next boot option at once
 */
export type StrangerPolicy = "hold" | "local";

/** What keeps a known machine from booting, although it would get as far as iPXE. */
export type RefusedReason =
  | "no-generation" // its image was never complete
  | "wrong-isa" // the kernel is for another instruction set
  | "wrong-firmware" // the image is one file that this kind of firmware cannot start
  | "not-for-u-boot" // the image is something else than the kernel and the initrd that U-Boot starts
  | "not-for-kexec"; // the image is one file, or a script for iPXE: there is no kernel to be loaded

/** Why a machine gets no answer, or iPXE a script that says so. Each is explained in docs/errors.md. */
export type SilentReason =
  | "unknown-host" // nothing matches it, and there is no default
  | RefusedReason // and only the default covers it: it may be somebody else's machine
  | "unknown-arch" // its architecture has no row in the table
  | "no-program" // no boot program for its firmware was found
  | "no-pi-firmware"; // it is a Raspberry Pi, and what its EEPROM needs to start is not there

/**
 * Decides what a machine boots next.
 *
 * Silence is an answer too: another server may know the machine, so an unknown one is left alone
 * rather than refused. A machine that the operator named is brought as far as iPXE even when its
 * image cannot boot, since its screen is where the person looks.
 *
 * @param remembered - what is known of the machine from before; it only tells which of its boot programs it gets
 */
export function decide(client: BootClient, snapshot: Snapshot, remembered: Remembered = {}): BootDecision {
  return decideAs(namedHost(client, snapshot), client, snapshot, remembered);
}

/**
 * The decision for a machine whose host is told by something else than what it says of itself: the name of
 * the folder that a Raspberry Pi is set to.
 */
export function decideAs(
  named: Host | undefined,
  client: BootClient,
  snapshot: Snapshot,
  remembered: Remembered = {},
): BootDecision {
  const host = named ?? defaultHost(snapshot);
  if (host === undefined) return decideStranger(client, snapshot, remembered);
  const decision = decideFor(host, named === undefined, client, snapshot, remembered);
  return decision.type === "silent" && named === undefined ? { ...decision, isByDefault: true } : decision;
}

/** @param isByDefault - nobody named the machine, and the host is the one for all others */
function decideFor(
  host: Host,
  isByDefault: boolean,
  client: BootClient,
  snapshot: Snapshot,
  remembered: Remembered,
): BootDecision {
  const generation = generationFor(host, client.mac, snapshot);
  const problem = generation === undefined ? "no-generation" : misfit(generation, client);
  if (problem !== undefined && isByDefault) return { type: "silent", reason: problem, host };

  // The last stages that ask. Told to chain again iPXE would loop.
  if (client.stage === "ipxe" || client.stage === "u-boot" || client.stage === "kexec") {
    return generation === undefined || problem !== undefined
      ? { type: "refused", host, reason: problem ?? "no-generation" }
      : { type: "script", host, generation };
  }
  const isOneFile = client.stage === "http-boot" && generation !== undefined && isForUefi(generation);
  if (isOneFile && generation.bootFile !== undefined && problem === undefined)
    return { type: "image", host, generation, bootFile: generation.bootFile };
  return chooseProgram(client, snapshot, remembered, {
    host,
    ...(generation === undefined ? {} : { generation }),
  });
}

/** Left alone unless the operator wants it on iPXE's screen: another server may know it. */
function decideStranger(client: BootClient, snapshot: Snapshot, remembered: Remembered): BootDecision {
  const { strangers } = snapshot;
  // U-Boot can neither wait nor show who it is; where it goes on as UEFI it is asked again. A Linux that
  // runs is left as it is.
  if (strangers === undefined || client.stage === "u-boot" || client.stage === "kexec")
    return { type: "silent", reason: "unknown-host" };
  return client.stage === "ipxe"
    ? { type: "stranger", policy: strangers }
    : chooseProgram(client, snapshot, remembered, {});
}

/** What firmware starts first, whatever comes after. */
function chooseProgram(
  client: BootClient,
  snapshot: Snapshot,
  remembered: Remembered,
  { generation, ...owner }: { readonly host?: Host; readonly generation?: Generation },
): BootDecision {
  const { mac, program: kind, pci } = client;
  if (client.stage === "pi-rom") return decidePi(client, snapshot, owner.host, generation);
  if (kind === undefined) return { type: "silent", reason: "unknown-arch", ...owner };
  const known = pci === undefined ? remembered : { ...remembered, pci };
  const pick = pickProgram({ kind, mac, ...owner, remembered: known }, snapshot);
  const own = piProgram(client, snapshot, owner.host, generation);
  if (own !== undefined && (pick === undefined || (pick.by === undefined && pick.missing === undefined))) {
    return { type: "chain", ...owner, program: own, ...(pick === undefined ? {} : { other: pick.program }) };
  }
  return pick === undefined
    ? { type: "silent", reason: "no-program", ...owner }
    : { type: "chain", ...owner, ...pick };
}

/** The EEPROM of a Raspberry Pi: it fetches the files by names of its own, where there are any. */
function decidePi(
  { piModel }: BootClient,
  snapshot: Snapshot,
  host: Host | undefined,
  generation: Generation | undefined,
): BootDecision {
  const layers = piLayers(host, generation, snapshot);
  const owner = host === undefined ? {} : { host };
  if (!canPiStart(layers, piModel)) return { type: "silent", reason: "no-pi-firmware", ...owner };
  return {
    type: "firmware",
    ...owner,
    ...(generation === undefined ? {} : { generation }),
    boot: layers.boot,
  };
}

/**
 * The boot program that lies in a Raspberry Pi's boot folder, for the UEFI that came from there.
 *
 * Its name begins with the board's own prefix, by which TFTP finds the same folder again.
 */
function piProgram(
  client: BootClient,
  snapshot: Snapshot,
  host: Host | undefined,
  generation: Generation | undefined,
): BootProgram | undefined {
  const { mac, stage, program, piModel } = client;
  const isPi = piModel !== undefined || snapshot.seenPis.byMac.has(mac) || isRaspberryPiMac(mac);
  if (!isPi || stage !== "uefi" || program !== "efi-arm64") return undefined;
  const layers = piLayers(host, generation, snapshot);
  const found = canPiStart(layers, modelOf(client, snapshot)) ? findPiFile(layers, BOOT_PROGRAM) : undefined;
  if (found?.type !== "file") return undefined;
  const { path, sizeBytes } = found.file;
  return { name: `${hyphenMac(mac)}/${BOOT_PROGRAM}`, kind: program, path, sizeBytes };
}

function modelOf({ mac, piModel }: BootClient, { seenPis }: Snapshot): number | undefined {
  return piModel ?? seenPis.byMac.get(mac)?.model;
}

/** The host of this very machine. The most particular match wins: MAC, then UUID, then serial number. */
export function namedHost(client: BootClient, snapshot: Snapshot): Host | undefined {
  const { mac, uuid } = client;
  // A Pi's UEFI asks without the serial number that its EEPROM has told.
  const serial = client.serial ?? snapshot.seenPis.byMac.get(mac)?.serial;
  const name =
    snapshot.hostByMac.get(mac) ??
    (uuid === undefined ? undefined : snapshot.hostByUuid.get(uuid)) ??
    (serial === undefined ? undefined : snapshot.hostBySerial.get(normalSerial(serial)));
  return name === undefined ? undefined : snapshot.hosts.get(name);
}

function defaultHost({ hosts, defaultHost: name }: Snapshot): Host | undefined {
  return name === undefined ? undefined : hosts.get(name);
}

/** Why a machine cannot boot a generation; what an image or a client does not tell gets the benefit of the doubt. */
export function misfit(
  generation: Generation,
  { isa, program, stage }: BootClient,
): RefusedReason | undefined {
  const { bootFile } = generation;
  if (stage === "u-boot" && notForUBoot(generation) !== undefined) return "not-for-u-boot";
  if (stage === "kexec" && notForKexec(generation) !== undefined) return "not-for-kexec";
  const isBios = program === undefined ? undefined : program === "bios-x86";
  const isas = isasOf(generation);
  // What has a kernel that iPXE can start is for any firmware.
  if (bootFile !== undefined && generation.kernel === undefined) {
    if (isBios === true) return bootFile.bios ? undefined : "wrong-firmware";
    if (bootFile.bios && isas?.length === 0) return isBios === false ? "wrong-firmware" : undefined;
  }
  return isa === undefined || isas === undefined || isas.includes(isa) ? undefined : "wrong-isa";
}
