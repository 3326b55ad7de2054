/** Keeps what was offered to each machine and what came of it; every rule of it is in `boot/ladder`. */

import type { BootClient } from "../../boot/client.ts";
import type { BootDecision } from "../../boot/decide.ts";
import { identifyIfAble, isIpxe } from "../../boot/dhcp/identify.ts";
import { type DhcpPort, messageType } from "../../boot/dhcp/reply-type.ts";
import type { BootEvent } from "../../boot/event.ts";
import { noticeFor } from "../../boot/ladder/ladder-notice.ts";
import {
  fromStored,
  type Machine,
  type MachineEvent,
  machineStep,
  NEW_MACHINE,
  rememberedOf,
  toStored,
  variantFor,
} from "../../boot/ladder/machine.ts";
import { type OfferKind, type OfferVariant, offerKind, variantsOf } from "../../boot/ladder/offer-variant.ts";
import type { GivenProgram } from "../../boot/ladder/program-trial.ts";
import type { Remembered } from "../../boot/program/program-wish.ts";
import { BOOT_PROGRAM } from "../../boot/rpi4/places.ts";
import { allPrograms, type Snapshot } from "../../boot/snapshot.ts";
import { OPTION } from "../../wire/dhcp/option.ts";
import type { DhcpPacket } from "../../wire/dhcp/packet.ts";
import { decodePxeVendorOptions } from "../../wire/dhcp/pxe-vendor.ts";
import type { Mac } from "../../wire/net/mac.ts";
import type { Store } from "../store/store.ts";
import { StoreError } from "../store/store-error.ts";
import type { World } from "../world.ts";
import { createBoundedMap } from "./bounded-map.ts";

export interface Ladders {
  /** Learns from a request that somebody else answers: who takes an address goes on. */
  heard(request: DhcpPacket, port: DhcpPort): void;
  /** What the decision about this request needs to know of the machine. */
  remembered(request: DhcpPacket, client: BootClient): Remembered;
  /** The form of the reply to a request that was decided; `undefined`: the usual one. */
  variant(
    request: DhcpPacket,
    client: BootClient,
    decision: BootDecision,
    port: DhcpPort,
  ): OfferVariant | undefined;
}

export interface LadderOptions {
  readonly world: World;
  readonly store: Store;
  /** A clock that only goes forward, in milliseconds. */
  readonly nowMs?: () => number;
}

/** Under which kind the store has what was learnt of machines. */
export const LADDER_KIND = "ladder";
/** Machines of which something worth keeping is known: made-up ones cannot push them out. */
const MAX_KEPT = 16_384;
/** Machines that were offered something and not more. */
const MAX_FRESH = 4096;

/** Loads what was learnt, and follows the world's events from now on. */
export async function startLadders(options: LadderOptions): Promise<Ladders> {
  const { world, store, nowMs = () => performance.now() } = options;
  const machines = createMachines(world, store, nowMs);
  for (const [mac, value] of await store.load(LADDER_KIND)) machines.restore(mac, fromStored(value));
  /** When somebody last fetched a boot program from an address that tells nobody. */
  let doubtMs: number | undefined;

  world.subscribe((event) => {
    const sign = signOf(event, world.snapshot());
    if (sign?.mac !== undefined) machines.takeIfKnown(sign.mac, sign.event);
    else if (sign?.event.type === "program-asked") doubtMs = nowMs();
  });
  return {
    heard(request, port) {
      if (port !== 67 || messageType(request) !== "REQUEST") return;
      // Nothing learnt here is worth an address: whoever gives those hears the request next.
      const client = identifyIfAble(request);
      if (client === undefined || client.stage === "ipxe") return;
      const kind = offerKind(client, isIpxe(request));
      machines.takeIfKnown(client.mac, { type: "address-taken", kind });
    },
    remembered(request, client) {
      if (client.stage === "ipxe") machines.takeIfKnown(client.mac, runs(client));
      else if (isDiscover(request)) machines.takeIfKnown(client.mac, { type: "firmware-asks" });
      const machine = machines.get(client.mac);
      return machine === undefined ? {} : rememberedOf(machine);
    },
    variant(request, client, decision, port) {
      // Only what firmware is to fetch has forms. An image that it starts itself is fetched like a program.
      if (decision.type !== "chain" && decision.type !== "image") return undefined;
      const kind = offerKind(client, isIpxe(request));
      const hasItem = hasBootItem(request, port);
      for (const event of askedEvents(request, { kind, port, hasItem, doubtMs }))
        machines.take(client.mac, event);
      if (decision.type === "chain") {
        machines.take(client.mac, { type: "given", program: givenProgram(decision) });
      }
      const variant = variantFor(machines.get(client.mac) ?? NEW_MACHINE, kind, { port, hasItem });
      return variant === variantsOf(kind)[0] ? undefined : variant;
    },
  };
}

interface Asked {
  readonly kind: OfferKind;
  readonly port: DhcpPort;
  readonly hasItem: boolean;
  readonly doubtMs: number | undefined;
}

/** What a request that is answered tells; nothing, if it is neither a DISCOVER nor on 4011. */
function askedEvents(request: DhcpPacket, { kind, port, hasItem, doubtMs }: Asked): readonly MachineEvent[] {
  if (port === 4011) return [{ type: "asked-4011", kind, hasItem }];
  if (!isDiscover(request)) return [];
  const doubt = doubtMs === undefined ? {} : { doubtMs };
  return [{ type: "discover", kind, secs: request.secs, ...doubt }];
}

function isDiscover(request: DhcpPacket): boolean {
  return messageType(request) === "DISCOVER";
}

function hasBootItem(request: DhcpPacket, port: DhcpPort): boolean {
  const value = request.options.get(OPTION.PXE_VENDOR);
  return port === 4011 && value !== undefined && decodePxeVendorOptions(value).bootItem !== undefined;
}

function givenProgram({ program, by, other }: Extract<BootDecision, { type: "chain" }>): GivenProgram {
  const isChosen = by === "host" || by === "nic";
  return { name: program.name, isChosen, ...(other === undefined ? {} : { other: other.name }) };
}

function runs({ pci }: BootClient): MachineEvent {
  return { type: "runs", ...(pci === undefined ? {} : { pci }) };
}

/** What an event tells about the machine behind it; without `mac` it is not known which one that is. */
function signOf(
  event: BootEvent,
  snapshot: Snapshot,
): { readonly mac?: Mac; readonly event: MachineEvent } | undefined {
  if (event.type === "script") return { mac: event.client.mac, event: runs(event.client) };
  if (event.type !== "transfer-started" && event.type !== "transfer-ended") return undefined;
  const mac = event.mac === undefined ? {} : { mac: event.mac };
  const name = event.path.replace(/^ipxe\//, "");
  const isPiProgram = name.endsWith(`/${BOOT_PROGRAM}`);
  // What the EEPROM of a Raspberry Pi fetches tells nothing of the program that comes after.
  if (event.piPart !== undefined && !isPiProgram) return undefined;
  if (!isPiProgram && !allPrograms(snapshot).some((program) => program.name === name)) {
    // Firmware fetches nothing else of ours: iPXE, or what it has started, is at work.
    return { ...mac, event: { type: "runs" } };
  }
  const isWhole = event.type === "transfer-ended" && event.result === "complete";
  return { ...mac, event: isWhole ? { type: "program-fetched", name } : { type: "program-asked" } };
}

interface Machines {
  get(mac: Mac): Machine | undefined;
  /** What an earlier run of the server has kept. */
  restore(mac: Mac, machine: Machine): void;
  take(mac: Mac, event: MachineEvent): void;
  /** Only machines that we told to fetch something are known. */
  takeIfKnown(mac: Mac, event: MachineEvent): void;
}

/** Two tables, so that machines that somebody makes up push out none of which something was learnt. */
function createMachines(world: World, store: Store, nowMs: () => number): Machines {
  const fresh = createBoundedMap<Machine>(MAX_FRESH);
  const kept = createBoundedMap<Machine>(MAX_KEPT);

  function write(key: Mac, value: unknown): void {
    store.put([{ kind: LADDER_KIND, key, value }]).catch((error: unknown) => {
      const text = error instanceof Error ? error.message : String(error);
      const cure = error instanceof StoreError ? { cure: error.cure } : {};
      const what = `what was learnt of ${key} lasts until the server stops`;
      world.record({ type: "notice", level: "warn", text: `${what}: ${text}`, ...cure });
    });
  }
  function keep(mac: Mac, machine: Machine): void {
    fresh.delete(mac);
    const forgotten = kept.set(mac, machine);
    if (forgotten !== undefined) write(forgotten, undefined);
  }
  const get = (mac: Mac) => kept.get(mac) ?? fresh.get(mac);
  function take(mac: Mac, event: MachineEvent): void {
    const [machine, effects] = machineStep(get(mac) ?? NEW_MACHINE, event, nowMs());
    if (kept.get(mac) === undefined) fresh.set(mac, machine);
    else keep(mac, machine);
    for (const effect of effects) {
      if (effect.type === "learnt") {
        keep(mac, machine);
        write(mac, toStored(machine));
      } else world.record({ type: "notice", ...noticeFor(mac, effect) });
    }
  }
  return {
    get,
    take,
    restore: keep,
    takeIfKnown(mac, event) {
      if (get(mac) !== undefined) take(mac, event);
    },
  };
}
