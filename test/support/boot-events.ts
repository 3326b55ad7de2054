/** The events of boots as a server records them, and a table of sessions that follows them in memory. */

import type { BootClient } from "../../src/boot/client.ts";
import type { BootDecision } from "../../src/boot/decide.ts";
import type { BootEvent, TransferFacts, TransferResult } from "../../src/boot/event.ts";
import type { Generation } from "../../src/boot/generation.ts";
import type { BootProgram } from "../../src/boot/program/program.ts";
import type { LiveSession, SessionEvent } from "../../src/boot/session/live-session.ts";
import type { Session } from "../../src/boot/session/session.ts";
import {
  resume,
  type SessionLimits,
  type SessionMeans,
  sessionTick,
} from "../../src/boot/session/session-begin.ts";
import { machineOf, sessionStep } from "../../src/boot/session/session-step.ts";
import { BETA, BETA_MAC, GENERATION } from "./worlds.ts";

export const BOOT_ID = "0123456789abcdef";
export const PEER = { address: "10.77.0.101", port: 2000 };
export const PROGRAM: BootProgram = {
  name: "ipxe-x64.efi",
  kind: "efi-x64",
  path: "/x",
  sizeBytes: 1_000_000,
};
export const UEFI: BootClient = { mac: BETA_MAC, stage: "uefi", isa: "x86", program: "efi-x64", arch: 7 };
export const IPXE: BootClient = { mac: BETA_MAC, stage: "ipxe", isa: "x86", arch: 7 };
export const PI_ROM: BootClient = { mac: BETA_MAC, stage: "pi-rom", isa: "arm64" };
export const CHAIN: BootDecision = { type: "chain", host: BETA, program: PROGRAM };
export const SCRIPT: BootDecision = { type: "script", host: BETA, generation: GENERATION };

type DhcpExtra = Partial<Extract<BootEvent, { type: "dhcp" }>>;

export function dhcp(client: BootClient, decision: BootDecision, extra: DhcpExtra = {}): BootEvent {
  return {
    type: "dhcp",
    interface: "eth0",
    port: 67,
    request: "DISCOVER",
    client,
    decision,
    reply: "OFFER",
    ...extra,
  };
}

export function script(
  decision: BootDecision = SCRIPT,
  extra: Partial<Extract<BootEvent, { type: "script" }>> = {},
): BootEvent {
  return { type: "script", peer: PEER, client: IPXE, decision, bootId: BOOT_ID, ...extra };
}

export function overheard(extra: Partial<Extract<BootEvent, { type: "overheard" }>> = {}): BootEvent {
  return { type: "overheard", interface: "eth0", mac: BETA_MAC, request: "DISCOVER", ...extra };
}

export function started(path: string, sizeBytes: number, more: Partial<TransferFacts> = {}): BootEvent {
  return { type: "transfer-started", ...factsOf(path, sizeBytes, more) };
}

export function ended(
  path: string,
  sizeBytes: number,
  more: Partial<TransferFacts> = {},
  result: TransferResult = "complete",
  sentBytes = result === "complete" ? sizeBytes : 0,
): BootEvent {
  return { type: "transfer-ended", ...factsOf(path, sizeBytes, more), result, sentBytes, durationMs: 500 };
}

function factsOf(path: string, sizeBytes: number, more: Partial<TransferFacts>): TransferFacts {
  const via = path.startsWith("media/") ? "http" : "tftp";
  const [, generation, ...rest] = path.split("/");
  const media = via === "http" && generation !== undefined ? { generation, file: rest.join("/") } : {};
  return { via, peer: PEER, mac: BETA_MAC, path, sizeBytes, ...media, ...more };
}

export function checkedIn(extra: Partial<Extract<BootEvent, { type: "checked-in" }>> = {}): BootEvent {
  const checkIn = { atMs: 0, failedUnits: [], missingMounts: [], missingFiles: [] };
  const whose = { mac: BETA_MAC, host: BETA.name, generation: GENERATION.id, bootId: BOOT_ID };
  return { type: "checked-in", peer: PEER, ...whose, checkIn, ...extra };
}

export const KERNEL = `media/${GENERATION.id}/bzImage`;
export const INITRD = `media/${GENERATION.id}/initrd.zst`;

/** An event, and how many milliseconds after the one before. */
export type Timed = readonly [afterMs: number, event: BootEvent];

/** What a boot of an OVMF machine records, in its order, a system without check-in at its end. */
export const OVMF_BOOT: readonly Timed[] = [
  [0, dhcp(UEFI, CHAIN)],
  [1000, dhcp(UEFI, CHAIN)],
  [3000, overheard({ client: UEFI, request: "REQUEST", address: "10.77.0.101" })],
  [100, dhcp(UEFI, CHAIN, { port: 4011, request: "REQUEST", reply: "ACK" })],
  [10, started("ipxe-x64.efi", 1_000_000)],
  [5, ended("ipxe-x64.efi", 1_000_000, {}, "probed")],
  [5, started("ipxe-x64.efi", 1_000_000)],
  [300, ended("ipxe-x64.efi", 1_000_000)],
  [900, started("autoexec.ipxe", 800)],
  [5, ended("autoexec.ipxe", 800)],
  [200, dhcp(IPXE, SCRIPT)],
  [1000, overheard({ client: IPXE, request: "REQUEST", address: "10.77.0.101" })],
  [20, script()],
  [20, started(KERNEL, 12_400_000)],
  [400, ended(KERNEL, 12_400_000)],
  [10, started(INITRD, 345_000_000)],
  [9000, ended(INITRD, 345_000_000)],
];

export interface SessionTable {
  readonly live: ReadonlyMap<string, LiveSession>;
  readonly told: readonly SessionEvent[];
  now(): number;
  take(...timed: readonly Timed[]): void;
  tick(afterMs: number, limits?: SessionLimits): void;
  /** The server is stopped, and started again after that time. */
  restart(downMs: number): void;
  /** The session of the machine that most tests have. */
  session(mac?: string): Session;
}

export const LIMITS: SessionLimits = { failAfterMs: 600_000, retireAfterMs: 1_800_000 };

export function sessionTable(generations: readonly Generation[] = [GENERATION]): SessionTable {
  const live = new Map<string, LiveSession>();
  const told: SessionEvent[] = [];
  let nowMs = 1_700_000_000_000;
  let made = 0;
  const means: SessionMeans = {
    newId: (atMs) => `${atMs.toString(36).padStart(9, "0")}-${String(made++).padStart(6, "0")}`,
    generation: (id) => generations.find((each) => each.id === id),
  };
  const keep = (mac: string, next: LiveSession | undefined) => {
    if (next === undefined) live.delete(mac);
    else live.set(mac, next);
  };
  return {
    live,
    told,
    now: () => nowMs,
    take(...timed) {
      for (const [afterMs, event] of timed) {
        nowMs += afterMs;
        const mac = machineOf(event);
        if (mac === undefined) continue;
        const [next, events] = sessionStep(live.get(mac), event, nowMs, means);
        keep(mac, next);
        told.push(...events);
      }
    },
    tick(afterMs, limits = LIMITS) {
      nowMs += afterMs;
      for (const [mac, each] of live) {
        const [next, events] = sessionTick(each, nowMs, limits);
        keep(mac, next);
        told.push(...events);
      }
    },
    restart(downMs) {
      nowMs += downMs;
      for (const [mac, each] of live) live.set(mac, resume(each));
    },
    session(mac = BETA_MAC) {
      const found = live.get(mac)?.session;
      if (found === undefined) throw new Error(`no session of ${mac}`);
      return found;
    },
  };
}
