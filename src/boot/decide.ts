/**
 * The one decision: what a machine boots next.
 *
 * DHCP on 67 and 4011, the script, `explain` and the dashboard ask this function, so they cannot
 * disagree about a machine. It knows no socket, no clock and no file.
 */

import type { Isa } from "./arch.ts";
import type { BootClient } from "./client.ts";
import type { Generation } from "./generation.ts";
import type { Host } from "./host.ts";
import type { BootProgram } from "./program.ts";
import type { Snapshot } from "./snapshot.ts";

export type BootDecision =
  /** Firmware gets the program that fits it. */
  | { readonly type: "chain"; readonly host: Host; readonly program: BootProgram }
  /** iPXE gets the script of this generation. */
  | { readonly type: "script"; readonly host: Host; readonly generation: Generation }
  | { readonly type: "silent"; readonly reason: SilentReason; readonly host?: Host };

/** Why a machine gets no answer, or iPXE a script that says so. Each is explained in docs/errors.md. */
export type SilentReason =
  | "unknown-host" // nothing matches it, and there is no default
  | "unknown-arch" // its architecture has no row in the table
  | "no-generation" // its image was never complete
  | "no-program" // no boot program for its firmware was found
  | "wrong-isa" // the kernel is for another instruction set
  | "pi-rom"; // a Raspberry Pi's EEPROM wants a firmware tree, not a boot program

/**
 * Decides what a machine boots next.
 *
 * Silence is an answer too: another server may know the machine, so an unknown one is left alone
 * rather than refused.
 */
export function decide(client: BootClient, snapshot: Snapshot): BootDecision {
  const host = findHost(client, snapshot);
  if (host === undefined) return { type: "silent", reason: "unknown-host" };

  const generation = currentGeneration(host, snapshot);
  if (generation === undefined) return { type: "silent", reason: "no-generation", host };
  if (!fits(generation, client.isa)) return { type: "silent", reason: "wrong-isa", host };

  // iPXE is the last stage that asks. Told to chain again it would loop.
  if (client.stage === "ipxe") return { type: "script", host, generation };
  if (client.stage === "pi-rom") return { type: "silent", reason: "pi-rom", host };
  if (client.program === undefined) return { type: "silent", reason: "unknown-arch", host };

  const program = snapshot.programs.get(client.program);
  return program === undefined
    ? { type: "silent", reason: "no-program", host }
    : { type: "chain", host, program };
}

/** The most particular match wins: MAC, then UUID, then serial number, then the default. */
export function findHost(client: BootClient, snapshot: Snapshot): Host | undefined {
  const name =
    snapshot.hostByMac.get(client.mac) ??
    (client.uuid === undefined ? undefined : snapshot.hostByUuid.get(client.uuid)) ??
    (client.serial === undefined ? undefined : snapshot.hostBySerial.get(client.serial)) ??
    snapshot.defaultHost;
  return name === undefined ? undefined : snapshot.hosts.get(name);
}

/** What a boot of this host that starts now gets. */
export function currentGeneration(host: Host, snapshot: Snapshot): Generation | undefined {
  const id = snapshot.images.get(host.image)?.current;
  return id === undefined ? undefined : snapshot.generations.get(id);
}

/** A kernel or a client that does not say what it is gets the benefit of the doubt. */
function fits(generation: Generation, isa: Isa | undefined): boolean {
  const kernelIsa = generation.kernel?.isa;
  return isa === undefined || kernelIsa === undefined || isa === kernelIsa;
}
