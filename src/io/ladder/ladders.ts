/** Keeps what was offered to each machine and what came of it; every rule of it is in `boot/ladder`. */

import type { BootClient } from "../../boot/client.ts";
import type { BootDecision } from "../../boot/decide.ts";
import { identify, isIpxe } from "../../boot/dhcp/identify.ts";
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
import { type OfferVariant, offerKind, variantsOf } from "../../boot/ladder/offer-variant.ts";
import type { GivenProgram } from "../../boot/ladder/program-trial.ts";
import type { Remembered } from "../../boot/program/program-wish.ts";
import { allPrograms, type Snapshot } from "../../boot/snapshot.ts";
import { OPTION } from "../../wire/dhcp/option.ts";
import type { DhcpPacket } from "../../wire/dhcp/packet.ts";
import { decodePxeVendorOptions } from "../../wire/dhcp/pxe-vendor.ts";
import type { Mac } from "../../wire/net/mac.ts";
import type { Store } from "../store/store.ts";
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
export async function startLadders({
  world,
  store,
  nowMs = () => performance.now(),
}: LadderOptions): Promise<Ladders> {
  const machines = createMachines((entry) => {
    store.put([{ kind: LADDER_KIND, ...entry }]).catch((error: unknown) => {
      world.record({ type: "bug", via: "ladder", error });
    });
  });
  for (const [mac, value] of await store.load(LADDER_KIND)) machines.restore(mac, fromStored(value));
  /** When somebody last fetched a boot program from an address that tells nobody. */
  let doubtMs: number | undefined;

  function take(mac: Mac, event: MachineEvent): void {
    const [machine, effects] = machineStep(machines.get(mac) ?? NEW_MACHINE, event, nowMs());
    machines.put(mac, machine);
    for (const effect of effects) {
      if (effect.type === "learnt") machines.keep(mac, machine);
      else world.record({ type: "notice", ...noticeFor(mac, effect) });
    }
  }
  /** Only machines that we told to fetch something have a ladder. */
  function takeIfKnown(mac: Mac, event: MachineEvent): void {
    if (machines.get(mac) !== undefined) take(mac, event);
  }

  world.subscribe((event) => {
    const sign = signOf(event, world.snapshot());
    if (sign?.mac !== undefined) takeIfKnown(sign.mac, sign.event);
    else if (sign?.event.type === "program-asked") doubtMs = nowMs();
  });

  return {
    heard(request, port) {
      if (port !== 67 || messageType(request) !== "REQUEST") return;
      const client = identify(request);
      if (client === undefined || client.stage === "ipxe") return;
      takeIfKnown(client.mac, { type: "address-taken", kind: offerKind(client, isIpxe(request)) });
    },
    remembered(request, client) {
      if (client.stage === "ipxe") takeIfKnown(client.mac, runs(client));
      else if (isDiscover(request)) takeIfKnown(client.mac, { type: "firmware-asks" });
      const machine = machines.get(client.mac);
      return machine === undefined ? {} : rememberedOf(machine);
    },
    variant(request, client, decision, port) {
      if (decision.type !== "chain") return undefined;
      const { mac } = client;
      const kind = offerKind(client, isIpxe(request));
      const hasItem = hasBootItem(request, port);
      if (port === 4011) take(mac, { type: "asked-4011", kind, hasItem });
      else if (isDiscover(request)) {
        const doubt = doubtMs === undefined ? {} : { doubtMs };
        take(mac, { type: "discover", kind, secs: request.secs, ...doubt });
      }
      take(mac, { type: "given", program: givenProgram(decision) });
      const variant = variantFor(machines.get(mac) ?? NEW_MACHINE, kind, { port, hasItem });
      return variant === variantsOf(kind)[0] ? undefined : variant;
    },
  };
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
  if (!allPrograms(snapshot).some((program) => program.name === name)) {
    // Firmware fetches nothing else of ours: iPXE, or what it has started, is at work.
    return { ...mac, event: { type: "runs" } };
  }
  const isWhole = event.type === "transfer-ended" && event.result === "complete";
  return { ...mac, event: isWhole ? { type: "program-fetched", name } : { type: "program-asked" } };
}

/** Two tables, so that machines that somebody makes up push out none of which something was learnt. */
function createMachines(write: (entry: { readonly key: Mac; readonly value: unknown }) => void) {
  const fresh = createBoundedMap<Machine>(MAX_FRESH);
  const kept = createBoundedMap<Machine>(MAX_KEPT);
  const setKept = (mac: Mac, machine: Machine) => {
    const forgotten = kept.set(mac, machine);
    if (forgotten !== undefined) write({ key: forgotten, value: undefined });
  };
  return {
    get: (mac: Mac) => kept.get(mac) ?? fresh.get(mac),
    put(mac: Mac, machine: Machine): void {
      if (kept.get(mac) === undefined) fresh.set(mac, machine);
      else setKept(mac, machine);
    },
    restore: setKept,
    /** Writes what is to outlast us. */
    keep(mac: Mac, machine: Machine): void {
      fresh.delete(mac);
      setKept(mac, machine);
      write({ key: mac, value: toStored(machine) });
    },
  };
}
