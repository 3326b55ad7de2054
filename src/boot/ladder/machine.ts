/** What is remembered of one machine: a ladder for each kind of client, its boot program, its card. Pure. */

import type { PciId } from "../program/nic.ts";
import type { Remembered } from "../program/program-wish.ts";
import { answeredOn4011, type Ladder, type LadderEffect, offeredNow, startLadder, step } from "./ladder.ts";
import { type OfferKind, type OfferVariant, parseVariant } from "./offer-variant.ts";
import {
  type GivenProgram,
  type ProgramEffect,
  type ProgramTrial,
  programStep,
  startProgramTrial,
} from "./program-trial.ts";

export interface Machine {
  readonly ladders: Readonly<Partial<Record<OfferKind, Ladder>>>;
  /** Which of them asked last: what is fetched from then on is due to it. */
  readonly asking?: OfferKind;
  readonly program: ProgramTrial;
  readonly pci?: PciId;
}

export type MachineEvent =
  /** Firmware sent a DISCOVER; what to answer is not decided yet. */
  | { readonly type: "firmware-asks" }
  /** It will be answered. */
  | {
      readonly type: "discover";
      readonly kind: OfferKind;
      readonly secs: number;
      /** When somebody last fetched a boot program whom nobody can name. */
      readonly doubtMs?: number;
    }
  | { readonly type: "asked-4011"; readonly kind: OfferKind; readonly hasItem: boolean }
  /** The boot program that it was told to fetch. */
  | { readonly type: "given"; readonly program: GivenProgram }
  | { readonly type: "address-taken"; readonly kind: OfferKind }
  /** It asked for a boot program, be it only for the size. */
  | { readonly type: "program-asked" }
  | { readonly type: "program-fetched"; readonly name: string }
  /** The boot program runs: iPXE asked for an address, a script or a file. */
  | { readonly type: "runs"; readonly pci?: PciId };

export type MachineEffect = Exclude<LadderEffect | ProgramEffect, { type: "learnt" }> | { type: "learnt" };
export type MachineStep = readonly [Machine, readonly MachineEffect[]];

/** A machine that was never heard of. */
export const NEW_MACHINE: Machine = { ladders: {}, program: startProgramTrial() };

/** Takes one event into account. */
export function machineStep(machine: Machine, event: MachineEvent, nowMs: number): MachineStep {
  switch (event.type) {
    case "firmware-asks": {
      const [program, effects] = programStep(machine.program, event);
      return [{ ...machine, program }, effects];
    }
    case "discover":
    case "asked-4011":
      return onLadder({ ...machine, asking: event.kind }, event.kind, event, nowMs);
    case "address-taken":
      return onLadder(machine, event.kind, event, nowMs);
    case "program-asked":
      return wentOn(machine, nowMs);
    case "given":
      return [{ ...machine, program: programStep(machine.program, event)[0] }, []];
    case "program-fetched": {
      const [program] = programStep(machine.program, { type: "fetched", name: event.name });
      return wentOn({ ...machine, program }, nowMs);
    }
    case "runs": {
      const [program, effects] = programStep(machine.program, event);
      const isNewCard = event.pci !== undefined && event.pci !== machine.pci;
      const card = isNewCard ? { pci: event.pci } : {};
      const learnt = isNewCard ? [...effects, { type: "learnt" } as const] : effects;
      return then(wentOn({ ...machine, ...card, program }, nowMs), learnt);
    }
  }
}

/** The form of the reply to what a machine of this kind has just asked. */
export function variantFor(
  machine: Machine,
  kind: OfferKind,
  asked: { readonly port: 67 | 4011; readonly hasItem: boolean },
): OfferVariant {
  const ladder = machine.ladders[kind] ?? startLadder(kind);
  return asked.port === 4011 ? answeredOn4011(kind, ladder, asked.hasItem) : offeredNow(ladder);
}

/** What the decision needs of it. */
export function rememberedOf({ program, pci }: Machine): Remembered {
  return {
    ...(program.name === undefined ? {} : { program: program.name }),
    ...(pci === undefined ? {} : { pci }),
  };
}

/** What outlasts the server, as JSON: what worked, and the card. */
export interface StoredMachine {
  /** The head of each ladder, and the candidate where there is one. */
  readonly offers?: Readonly<Partial<Record<OfferKind, readonly OfferVariant[]>>>;
  readonly program?: string;
  readonly pci?: PciId;
}

/** `undefined`: nothing is worth keeping. */
export function toStored({ ladders, program, pci }: Machine): StoredMachine | undefined {
  const offers = Object.fromEntries(
    Object.entries(ladders).flatMap(([kind, ladder]) => {
      const worked = workedOf(ladder);
      return worked.length === 0 ? [] : [[kind, worked]];
    }),
  );
  const stored = {
    ...(Object.keys(offers).length === 0 ? {} : { offers }),
    ...(program.hasWorked && program.name !== undefined ? { program: program.name } : {}),
    ...(pci === undefined ? {} : { pci }),
  };
  return Object.keys(stored).length === 0 ? undefined : stored;
}

function workedOf({ head, isProven, candidate, attempt }: Ladder): readonly OfferVariant[] {
  if (candidate !== undefined) return [head, candidate];
  return isProven || attempt?.wentOn === true ? [head] : [];
}

/** Reads what was stored, by whatever version; what does not fit is left out. */
export function fromStored(value: unknown): Machine {
  const { offers, program, pci } = asObject(value);
  const ladders = Object.entries(asObject(offers)).flatMap(([kind, names]) =>
    isKind(kind) && Array.isArray(names) ? [[kind, ladderFrom(kind, names)] as const] : [],
  );
  return {
    ladders: Object.fromEntries(ladders),
    program: startProgramTrial(typeof program === "string" ? program : undefined),
    ...(typeof pci === "string" && /^[0-9a-f]{4}:[0-9a-f]{4}$/.test(pci) ? { pci } : {}),
  };
}

function ladderFrom(kind: OfferKind, names: readonly unknown[]): Ladder {
  const [head, candidate] = names.map((name) => parseVariant(kind, name));
  const ladder = startLadder(kind, head);
  return candidate === undefined || candidate === ladder.head ? ladder : { ...ladder, candidate };
}

function asObject(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
}

function isKind(text: string): text is OfferKind {
  return text === "rom" || text === "uefi" || text === "http-boot" || text === "ipxe";
}

function wentOn(machine: Machine, nowMs: number): MachineStep {
  const { asking } = machine;
  return asking === undefined ? [machine, []] : onLadder(machine, asking, { type: "went-on" }, nowMs);
}

function onLadder(
  machine: Machine,
  kind: OfferKind,
  event: Parameters<typeof step>[2],
  nowMs: number,
): MachineStep {
  const [ladder, effects] = step(kind, machine.ladders[kind] ?? startLadder(kind), event, nowMs);
  return [{ ...machine, ladders: { ...machine.ladders, [kind]: ladder } }, effects];
}

function then([machine, effects]: MachineStep, before: readonly MachineEffect[]): MachineStep {
  return [machine, [...before, ...effects]];
}
