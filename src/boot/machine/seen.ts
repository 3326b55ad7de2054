/** The noun `seen machine`: what is known of a machine that has asked, whether a host names it or not. */

import type { Ipv4 } from "../../wire/net/ipv4.ts";
import type { Mac } from "../../wire/net/mac.ts";
import type { Isa } from "../arch.ts";
import type { BootClient, MachineFacts, Stage } from "../client.ts";
import type { BootDecision } from "../decide.ts";
import type { HostName } from "../host.ts";

/** What a machine was told the last time, short enough to be kept. */
export interface Told {
  readonly type: BootDecision["type"];
  /** Why it got nothing or was refused, or what becomes of strangers. */
  readonly reason?: string;
  readonly host?: HostName;
  readonly generation?: string;
}

/** All times are milliseconds since 1970. */
export interface SeenMachine {
  readonly mac: Mac;
  readonly firstSeenMs: number;
  readonly lastSeenMs: number;
  /** How often it came, as one who watches it would count: a boot is one visit, however much it asks. */
  readonly visits: number;
  /** Which program asked last. */
  readonly stage: Stage;
  readonly told: Told;
  /** DHCP option 93's number. */
  readonly arch?: number;
  readonly isa?: Isa;
  readonly uuid?: string;
  readonly serial?: string;
  readonly facts?: MachineFacts;
  /** Where it last asked from. */
  readonly address?: Ipv4;
  /** Our interface that it last asked on, as the kernel names it. */
  readonly interface?: string;
  /** Who has the block that its MAC address is from; empty when nobody has; absent until it was looked up. */
  readonly vendor?: string;
}

/** One request that was decided. */
export interface Sighting {
  readonly client: BootClient;
  readonly decision: BootDecision;
  /** Absent while the machine has none. */
  readonly address?: Ipv4;
  /** Absent where the request does not tell. */
  readonly interface?: string;
  readonly atMs: number;
}

/** Firmware asks again after half a minute at the most, and a held machine after ten seconds. */
const SILENCE_MS = 120_000;
/** Of each text that a machine says of itself. */
const MAX_TEXT = 128;

/** What is known of a machine after one more request. What it does not say again stays. */
export function see(before: SeenMachine | undefined, sighting: Sighting): SeenMachine {
  const { client, decision, address, interface: on, atMs } = sighting;
  const { mac, stage, arch, isa } = client;
  const uuid = client.uuid === undefined ? undefined : kept(client.uuid);
  const serial = client.serial === undefined ? undefined : kept(client.serial);
  return {
    ...before,
    mac,
    firstSeenMs: before?.firstSeenMs ?? atMs,
    lastSeenMs: atMs,
    visits: (before?.visits ?? 0) + (isNewVisit(before, sighting) ? 1 : 0),
    stage,
    told: briefly(decision),
    ...(arch === undefined ? {} : { arch }),
    ...(isa === undefined ? {} : { isa }),
    ...(uuid === undefined ? {} : { uuid }),
    ...(serial === undefined ? {} : { serial }),
    ...(client.facts === undefined ? {} : { facts: { ...before?.facts, ...keptFacts(client.facts) } }),
    ...(address === undefined ? {} : { address }),
    ...(on === undefined ? {} : { interface: on }),
  };
}

/** After a silence, or when firmware asks where iPXE asked before: the machine was switched on again. */
function isNewVisit(before: SeenMachine | undefined, { client, atMs }: Sighting): boolean {
  if (before === undefined || atMs - before.lastSeenMs >= SILENCE_MS) return true;
  return before.stage === "ipxe" && client.stage !== "ipxe";
}

function keptFacts(facts: MachineFacts): MachineFacts {
  return Object.fromEntries(Object.entries(facts).map(([name, text]) => [name, kept(text)]));
}

/**
 * A text of bounded length that holds nothing else in memory: a mere slice would keep the whole request
 * that it was cut from.
 */
function kept(text: string): string {
  return Array.from(text.slice(0, MAX_TEXT)).join("");
}

/** A decision, short enough to be kept and sent. */
export function briefly(decision: BootDecision): Told {
  const { type } = decision;
  const host = "host" in decision && decision.host !== undefined ? { host: decision.host.name } : {};
  switch (type) {
    case "chain":
      return { type, ...host };
    case "firmware": {
      const { generation } = decision;
      return { type, ...host, ...(generation === undefined ? {} : { generation: generation.id }) };
    }
    case "image":
    case "script":
      return { type, ...host, generation: decision.generation.id };
    case "stranger":
      return { type, reason: decision.policy };
    case "refused":
    case "silent":
      return { type, ...host, reason: decision.reason };
  }
}
