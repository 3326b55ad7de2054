/**
 * A LAN without wires or clock: Mayfly's own answers, a DHCP server that only gives addresses, and
 * simulated firmware that asks both. Every packet is encoded and decoded on its way.
 */

import { decide } from "../../src/boot/decide.ts";
import { answer } from "../../src/boot/dhcp/answer.ts";
import { identify } from "../../src/boot/dhcp/identify.ts";
import { type DhcpPort, messageType, replyLimit, replyType } from "../../src/boot/dhcp/reply-type.ts";
import type { Snapshot } from "../../src/boot/snapshot.ts";
import { routeSize, routeTftp } from "../../src/boot/tftp/tftp-route.ts";
import { createAttribution } from "../../src/io/ladder/attribution.ts";
import { startLadders } from "../../src/io/ladder/ladders.ts";
import { createMemoryStore, type Store } from "../../src/io/store/store.ts";
import { createWorld, type World } from "../../src/io/world.ts";
import { encodeMessageType } from "../../src/wire/dhcp/message-type.ts";
import { OPTION } from "../../src/wire/dhcp/option.ts";
import { BOOTREPLY, type DhcpPacket, decodePacket, encodePacket } from "../../src/wire/dhcp/packet.ts";
import { encodeIpv4 } from "../../src/wire/net/ipv4.ts";
import { formatMac } from "../../src/wire/net/mac.ts";
import { type EventLog, logEvents } from "./event-log.ts";
import { worldForEveryone } from "./worlds.ts";

export const SELF = "10.77.0.2";
export const ROUTER = "10.77.0.1";
const PORTS = { http: 8080, tftp: 69 };

export interface Arrived {
  readonly atMs: number;
  readonly packet: DhcpPacket;
  /** As it came: for firmware that reads past the end of an option (Q7). */
  readonly bytes: Uint8Array;
}

export interface FirmwareLan {
  readonly world: World;
  readonly log: EventLog;
  readonly store: Store;
  nowMs(): number;
  wait(ms: number): void;
  /** The offers that a DISCOVER gets, each with the time at which it arrives. */
  discover(packet: DhcpPacket): readonly Arrived[];
  /** A REQUEST by broadcast; the router's ACK, which gives the address. */
  request(packet: DhcpPacket): DhcpPacket | undefined;
  /** A unicast REQUEST to port 4011 of ours. */
  ask4011(packet: DhcpPacket, address: string): Arrived | undefined;
  /** Fetches a file by TFTP: first its size, then whole. False if there is none of this name, or no server. */
  fetch(server: string, name: string, address: string): boolean;
}

export interface LanOptions {
  /** How long the DHCP server takes for an offer; `undefined`: it is switched off. Read at each DISCOVER. */
  readonly router?: { delayMs: number | undefined };
  readonly store?: Store;
  readonly snapshot?: Snapshot;
}

/** @param startMs - what the clock of a server that was started anew begins with */
export async function createFirmwareLan(options: LanOptions = {}, startMs = 1_000): Promise<FirmwareLan> {
  const { router = { delayMs: 50 }, store = createMemoryStore(), snapshot = worldForEveryone() } = options;
  let now = startMs;
  const nowMs = () => now;
  const world = createWorld(snapshot);
  const log = logEvents(world);
  const attribution = createAttribution(world, nowMs);
  const ladders = await startLadders({ world, store, nowMs });

  function mayfly(bytes: Uint8Array, port: DhcpPort, from: string): Arrived | undefined {
    const request = decodePacket(bytes);
    attribution.heard(request, port, { address: from, port: 68 });
    ladders.heard(request, port);
    const client = identify(request);
    const type = replyType(request, port);
    if (client === undefined || type === undefined) return undefined;
    const decision = decide(client, world.snapshot(), ladders.remembered(request, client));
    const variant = ladders.variant(request, client, decision, port);
    const form = variant === undefined ? {} : { variant };
    const reply = answer(request, client, decision, { arrival: { self: SELF }, port, ports: PORTS, ...form });
    if (reply === undefined) return undefined;
    const kind = messageType(request) ?? "BOOTP";
    world.record({
      type: "dhcp",
      interface: "eth0",
      port,
      request: kind,
      client,
      decision,
      reply: type,
      ...form,
    });
    const sent = encodePacket(reply, replyLimit(request, 1500));
    return { atMs: now + 1, packet: decodePacket(sent), bytes: sent };
  }

  return {
    world,
    log,
    store,
    nowMs,
    wait(ms) {
      now += ms;
    },
    discover(packet) {
      const bytes = encodePacket(packet);
      const ours = mayfly(bytes, 67, "0.0.0.0");
      const { delayMs } = router;
      const theirs =
        delayMs === undefined ? undefined : arrived(now + delayMs, routerReply(decodePacket(bytes), "OFFER"));
      return [ours, theirs].filter((each) => each !== undefined);
    },
    request(packet) {
      const bytes = encodePacket(packet);
      mayfly(bytes, 67, "0.0.0.0");
      return router.delayMs === undefined ? undefined : routerReply(decodePacket(bytes), "ACK");
    },
    ask4011: (packet, address) => mayfly(encodePacket(packet), 4011, address),
    fetch(server, name, address) {
      const peer = { address, port: 2070 };
      if (server !== SELF) return false;
      const site = { self: SELF, ports: PORTS, identifyScript: () => "#!ipxe\n" };
      const route = routeTftp(name, world.snapshot(), site);
      if (route.type === "refused") {
        world.record({
          type: "refused",
          via: "tftp",
          peer,
          path: route.path,
          reason: route.message,
          expected: false,
        });
        return false;
      }
      const facts = { via: "tftp", peer, path: route.path, sizeBytes: routeSize(route) } as const;
      for (const result of ["probed", "complete"] as const) {
        world.record({ type: "transfer-started", ...facts });
        world.record({ type: "transfer-ended", result, sentBytes: 0, durationMs: 1, ...facts });
      }
      return true;
    },
  };
}

function arrived(atMs: number, packet: DhcpPacket): Arrived {
  const bytes = encodePacket(packet);
  return { atMs, packet: decodePacket(bytes), bytes };
}

/** What a DHCP server says that knows nothing of booting. */
function routerReply(request: DhcpPacket, type: "OFFER" | "ACK"): DhcpPacket {
  return {
    ...request,
    op: BOOTREPLY,
    yiaddr: addressOf(request),
    siaddr: "0.0.0.0",
    sname: "",
    file: "",
    options: new Map([
      [OPTION.MESSAGE_TYPE, encodeMessageType(type)],
      [OPTION.SERVER_ID, encodeIpv4(ROUTER)],
      [1, encodeIpv4("255.255.255.0")],
      [51, Uint8Array.of(0, 0, 14, 16)],
    ]),
  };
}

/** A machine always gets the same address: the last byte of its MAC address says which. */
export function addressOf({ chaddr }: Pick<DhcpPacket, "chaddr">): string {
  return `10.77.0.${100 + ((Number.parseInt(formatMac(chaddr.subarray(0, 6)).slice(-2), 16) || 0) % 100)}`;
}
