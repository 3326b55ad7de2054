/** The DHCP loop: socket, decode, decide, encode, socket; without the sockets. */

import { destination } from "../../boot/dhcp/destination.ts";
import { overhear } from "../../boot/dhcp/overhear.ts";
import { type DhcpPort, replyLimit } from "../../boot/dhcp/reply-type.ts";
import { answerProbe, isProbe } from "../../boot/other-servers/probe.ts";
import type { BootPorts } from "../../boot/peer.ts";
import { type DhcpPacket, decodePacket, encodePacket } from "../../wire/dhcp/packet.ts";
import { WireError } from "../../wire/error.ts";
import type { Attribution } from "../ladder/attribution.ts";
import type { Ladders } from "../ladder/ladders.ts";
import type { World } from "../world.ts";
import { createAddressProber } from "./address-probe.ts";
import { type ClientQueue, createClientQueue } from "./client-queue.ts";
import type { DhcpResponder } from "./dhcp-inquiry.ts";
import type { Datagram } from "./dhcp-socket.ts";
import type { LeaseKeeper } from "./lease-keeper.ts";
import { createLeaseResponder } from "./lease-responder.ts";
import type { NativeUdp } from "./native-udp.ts";
import { createOwnAddresses } from "./own-addresses.ts";
import { createProxyResponder } from "./proxy-responder.ts";

export interface DhcpHandlerOptions {
  readonly world: World;
  readonly ports: BootPorts;
  /** What was offered to whom and what came of it; absent: everybody gets the usual offer. */
  readonly ladders?: Ladders;
  /** Learns whose address is whose. */
  readonly attribution?: Attribution;
  /** Gives addresses too; absent: another server does. */
  readonly leases?: LeaseKeeper;
  /** Decides everything and sends nothing: the events say what it would have sent. */
  readonly observes?: boolean;
}

export interface DhcpHandler {
  handle(datagram: Datagram): void;
  /** Resolves when everybody has the answer that is being made now. */
  idle(): Promise<void>;
}

/** @param native - absent: addresses are probed without raw sockets */
export async function createDhcpHandler(
  options: DhcpHandlerOptions,
  native: NativeUdp | undefined,
): Promise<DhcpHandler> {
  const way = await wayOf(options, native);
  return {
    handle: (datagram) => handle(datagram, options, way),
    idle: () => way.queue.idle(),
  };
}

/** Socket, decode, decide, encode, socket: the middle is the responder's. */
function handle(datagram: Datagram, options: DhcpHandlerOptions, way: Way): void {
  const { world, observes, ladders, attribution } = options;
  const { bytes, peer, arrival, port, wasBroadcast } = datagram;
  const onError = (error: unknown) => {
    // Nothing was half changed, the snapshot being immutable: drop the packet, keep serving.
    if (error instanceof WireError) {
      world.record({ type: "malformed", via: "dhcp", peer, code: error.code, reason: error.message });
    } else {
      world.record({ type: "bug", via: "dhcp", error, bytes });
    }
  };
  const act = () => {
    const request = decodePacket(bytes);
    // A doctor's question is nobody's: nothing is learnt from it, and nothing kept.
    if (port === 67 && isProbe(request)) return replyToProbe(request, datagram, options);
    attribution?.heard(request, port, peer);
    ladders?.heard(request, port);
    const overheard = overhear(request, port, arrival);
    if (overheard !== undefined) world.record(overheard);
    const reply = (packet: DhcpPacket) => {
      const encoded = encodePacket(packet, replyLimit(request, arrival.mtu));
      if (observes !== true) datagram.reply(encoded, destination(request, packet, port, peer));
    };
    const inquiry = { request, arrival, port, wasBroadcast, reply };
    const { htype, chaddr } = request;
    way.queue.run(`${htype} ${chaddr}`, () => attempt(() => way.respond[port](inquiry), onError));
  };
  attempt(act, onError);
}

function replyToProbe(
  request: DhcpPacket,
  { peer, arrival, port, reply }: Datagram,
  options: DhcpHandlerOptions,
): void {
  if (options.observes === true) return;
  const packet = answerProbe(request, arrival.self, options.leases === undefined ? "proxy" : "authoritative");
  reply(encodePacket(packet), destination(request, packet, port, peer));
}

/** What is done with a request, by the port that it came to; and the order in which. */
interface Way {
  readonly respond: Readonly<Record<DhcpPort, DhcpResponder>>;
  readonly queue: ClientQueue;
}

async function wayOf(options: DhcpHandlerOptions, native: NativeUdp | undefined): Promise<Way> {
  const { world, ports, leases, ladders, observes = false } = options;
  // Nothing comes of what was not sent, and that must not be learnt.
  const booting = { world, ports, ladders: observes ? undefined : ladders };
  const proxy = createProxyResponder({ ...booting, observes });
  const queue = createClientQueue();
  if (leases === undefined) return { queue, respond: { 67: proxy, 4011: proxy } };
  const prober = observes ? undefined : await createAddressProber(native === undefined ? false : "auto");
  const giving = createLeaseResponder({
    ...{ ...booting, leases, prober, observes },
    ownAddresses: createOwnAddresses(),
    now: Date.now,
  });
  // Whoever asks there has its address already.
  return { queue, respond: { 67: giving, 4011: proxy } };
}

function attempt(act: () => void | Promise<void>, onError: (error: unknown) => void): void | Promise<void> {
  try {
    return act()?.catch(onError);
  } catch (error) {
    onError(error);
  }
}
