/** Keeps which machine is behind which address, and names it in the world's events. */

import {
  type Holders,
  holderAmong,
  holderOf,
  isShared,
  type SightingKind,
  sight,
} from "../../boot/attribution.ts";
import { namedHost } from "../../boot/decide.ts";
import { addressClaim } from "../../boot/dhcp/address-claim.ts";
import type { DhcpPort } from "../../boot/dhcp/reply-type.ts";
import type { BootEvent, OwnerOf } from "../../boot/event.ts";
import type { Peer } from "../../boot/peer.ts";
import type { BootId } from "../../boot/session/session.ts";
import type { DhcpPacket } from "../../wire/dhcp/packet.ts";
import type { Ipv4 } from "../../wire/net/ipv4.ts";
import type { Mac } from "../../wire/net/mac.ts";
import type { World } from "../world.ts";
import { createBoundedMap } from "./bounded-map.ts";

export interface Attribution {
  /** A machine was seen at an address: a lease, or a request that names it. */
  see(address: Ipv4, mac: Mac, kind: SightingKind): void;
  /** Learns from any DHCP request that arrives, whoever it is meant for. */
  heard(request: DhcpPacket, port: DhcpPort, from: Peer): void;
  /** The machine at an address; `undefined` where that is not known, or not certain. */
  whose(address: Ipv4): Mac | undefined;
  /** Whether others than this machine were seen at the address lately. */
  isShared(address: Ipv4, mac: Mac): boolean;
}

/** Addresses that are kept; more than that have not been seen for a while. */
const MAX_ADDRESSES = 8192;

/** @param nowMs - a clock that only goes forward */
export function createAttribution(world: World, nowMs: () => number = () => performance.now()): Attribution {
  const byAddress = createBoundedMap<Holders>(MAX_ADDRESSES);
  const see: Attribution["see"] = (address, mac, kind) => {
    byAddress.set(address, sight(byAddress.get(address) ?? [], mac, kind, nowMs()));
  };
  const holders = (address: Ipv4) => byAddress.get(address) ?? [];
  const whose = (address: Ipv4) => holderOf(holders(address), nowMs());
  const boots = createBoots();

  world.subscribe((event) => {
    if (event.type === "script") {
      see(event.peer.address, event.client.mac, "request");
      boots.begin(event);
    }
    if (event.type === "lease" && event.decision.type === "ack")
      see(event.decision.address, event.mac, "lease");
  });
  function who(address: Ipv4, facts: Parameters<OwnerOf>[1]): Mac | undefined {
    const only = boots.machineOf(facts?.bootId) ?? whose(address);
    if (only !== undefined || facts?.via !== "http" || facts.generation === undefined) return only;
    if (facts.bootId !== undefined) return undefined;
    // Of those behind one address all say who they are but the one that was alone there when it began.
    return holderAmong(holders(address), boots.isUnnamed, nowMs());
  }
  world.nameMachines((address, facts) => {
    const mac = who(address, facts);
    if (mac === undefined) return {};
    // By its address, and a Raspberry Pi by the serial number that its EEPROM has told.
    const host = namedHost({ mac, stage: "uefi" }, world.snapshot());
    return { mac, ...(host === undefined ? {} : { host: host.name }) };
  });
  return {
    see,
    whose,
    isShared: (address, mac) => isShared(holders(address), mac, nowMs()),
    heard(request, port, from) {
      const claim = addressClaim(request, port, from);
      if (claim !== undefined) see(claim.address, claim.mac, claim.kind);
    },
  };
}

interface Boots {
  begin(script: Extract<BootEvent, { type: "script" }>): void;
  /** The machine whose URLs say this. */
  machineOf(bootId: BootId | undefined): Mac | undefined;
  /** Whether the last script of a machine has URLs that do not say whose they are. */
  isUnnamed(mac: Mac): boolean;
}

/** What the scripts have put into the URLs of the files. */
function createBoots(): Boots {
  const machines = createBoundedMap<Mac>(MAX_ADDRESSES);
  const unnamed = createBoundedMap<true>(MAX_ADDRESSES);
  return {
    begin({ client: { mac }, decision, bootId, isInUrls }) {
      if (decision.type !== "script") return;
      if (isInUrls !== true) unnamed.set(mac, true);
      else {
        unnamed.delete(mac);
        if (bootId !== undefined) machines.set(bootId, mac);
      }
    },
    machineOf: (bootId) => (bootId === undefined ? undefined : machines.get(bootId)),
    isUnnamed: (mac) => unnamed.get(mac) === true,
  };
}
