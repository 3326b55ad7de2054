/** Boots as they lie before a diagnosis. */

import type { Case } from "../../src/boot/diagnosis/case.ts";
import { diagnose } from "../../src/boot/diagnosis/diagnose.ts";
import type { DiagnosisCode } from "../../src/boot/diagnosis/diagnosis.ts";
import type { BootEvent } from "../../src/boot/event.ts";
import { CHAIN, dhcp, OVMF_BOOT, overheard, PEER, sessionTable, type Timed, UEFI } from "./boot-events.ts";
import { BETA_MAC, GENERATION } from "./worlds.ts";

export const MINUTE_MS = 60_000;
export const ADDRESS = "10.77.0.101";
/** UEFI that took its address; its question to 4011 is not among it. */
export const ADDRESS_TAKEN = OVMF_BOOT.slice(0, 3);
export const PROGRAM_OFFERED = OVMF_BOOT.slice(0, 4);
export const FIRMWARE_FETCHED = OVMF_BOOT.slice(0, 8);
export const UP_TO_SCRIPT = OVMF_BOOT.slice(0, 13);

/** The boot as it stands some minutes after its last event. */
export function later(events: readonly Timed[], more: Partial<Case> = {}, quietMs = 2 * MINUTE_MS): Case {
  const table = sessionTable();
  table.take(...events);
  return { session: table.session(), earlier: [], nowMs: table.now() + quietMs, ...more };
}

export function codes(boot: Case): readonly DiagnosisCode[] {
  return diagnose(boot).map(({ code }) => code);
}

/** Firmware that goes on asking. */
export function asking(times: number, event: BootEvent = dhcp(UEFI, CHAIN)): readonly Timed[] {
  return Array.from({ length: times }, () => [8000, event] as const);
}

/** An own script names a file that its image has not. */
export const REFUSED: Timed = [
  5000,
  {
    ...{ type: "refused", via: "http", peer: PEER, mac: BETA_MAC, path: `/media/${GENERATION.id}/bzImage-x` },
    ...{ reason: `generation ${GENERATION.id} has no file bzImage-x`, expected: false },
  },
];

/** It takes what another server gives. */
export const TOOK_ADDRESS = overheard({ client: UEFI, request: "REQUEST", address: ADDRESS });
