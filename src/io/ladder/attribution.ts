/** Keeps which machine is behind which address, and names it in the world's events. */

import { type Holders, holderOf, type SightingKind, sight } from "../../boot/attribution.ts";
import { namedHost } from "../../boot/decide.ts";
import { addressClaim } from "../../boot/dhcp/address-claim.ts";
import type { DhcpPort } from "../../boot/dhcp/reply-type.ts";
import type { Peer } from "../../boot/peer.ts";
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
}

/** Addresses that are kept; more than that have not been seen for a while. */
const MAX_ADDRESSES = 8192;

/** @param nowMs - a clock that only goes forward */
export function createAttribution(world: World, nowMs: () => number = () => performance.now()): Attribution {
  const byAddress = createBoundedMap<Holders>(MAX_ADDRESSES);
  const see: Attribution["see"] = (address, mac, kind) => {
    byAddress.set(address, sight(byAddress.get(address) ?? [], mac, kind, nowMs()));
  };
  const whose = (address: Ipv4) => holderOf(byAddress.get(address) ?? [], nowMs());

  world.subscribe((event) => {
    if (event.type === "script") see(event.peer.address, event.client.mac, "request");
    if (event.type === "lease" && event.decision.type === "ack")
      see(event.decision.address, event.mac, "lease");
  });
  world.nameMachines((address) => {
    const mac = whose(address);
    if (mac === undefined) return {};
    // By its address, and a Raspberry Pi by the serial number that its EEPROM has told.
    const host = namedHost({ mac, stage: "uefi" }, world.snapshot());
    return { mac, ...(host === undefined ? {} : { host: host.name }) };
  });
  return {
    see,
    whose,
    heard(request, port, from) {
      const claim = addressClaim(request, port, from);
      if (claim !== undefined) see(claim.address, claim.mac, claim.kind);
    },
  };
}
