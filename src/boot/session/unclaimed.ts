/**
 * What was fetched by TFTP from an address that told nobody, until a script from there does: where another
 * server answers DHCP the first thing that names a machine is what iPXE says of it. Pure.
 */

import type { BootEvent } from "../event.ts";

export type TransferEvent = Extract<BootEvent, { type: "transfer-started" | "transfer-ended" }>;

export interface Unclaimed {
  readonly event: TransferEvent;
  /** Milliseconds of a clock that only goes forward. */
  readonly atMs: number;
}

/** From a boot program to the script of the iPXE that it is; a switch with spanning tree takes most of it. */
const CLAIM_MS = 120_000;
/** Of one address. A machine asks for the size, for the program and for `autoexec.ipxe`. */
const MAX_UNCLAIMED = 12;

/** Whether an event is one that a machine may claim later. */
export function isUnclaimed(event: BootEvent): event is TransferEvent {
  return (
    (event.type === "transfer-started" || event.type === "transfer-ended") &&
    event.via === "tftp" &&
    event.mac === undefined &&
    event.generation === undefined &&
    event.piPart === undefined
  );
}

/** Takes one more down. */
export function withUnclaimed(
  before: readonly Unclaimed[],
  event: TransferEvent,
  atMs: number,
): readonly Unclaimed[] {
  return [...recent(before, atMs), { event, atMs }].slice(-MAX_UNCLAIMED);
}

/** What the machine has fetched that has just named itself there; nothing where two may have. */
export function claimable(all: readonly Unclaimed[], atMs: number): readonly Unclaimed[] {
  const mine = recent(all, atMs);
  const whole = mine.filter(
    ({ event }) => event.type === "transfer-ended" && event.result === "complete" && !isAutoexec(event.path),
  );
  const started = mine.filter(({ event }) => event.type === "transfer-started").length;
  const ended = mine.length - started;
  return whole.length <= 1 && started === ended ? mine : [];
}

function recent(all: readonly Unclaimed[], atMs: number): readonly Unclaimed[] {
  return all.filter((each) => atMs - each.atMs <= CLAIM_MS);
}

function isAutoexec(path: string): boolean {
  return /(^|\/)autoexec\.ipxe$/i.test(path);
}
