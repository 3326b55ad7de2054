/** The DHCP loop: socket, decode, decide, encode, socket; on ports 67 and 4011 of every served interface. */

import { decide } from "../../boot/decide.ts";
import { answer } from "../../boot/dhcp/answer.ts";
import { destination } from "../../boot/dhcp/destination.ts";
import { identify } from "../../boot/dhcp/identify.ts";
import { messageType, replyLimit, replyType } from "../../boot/dhcp/reply-type.ts";
import type { Arrival, BootPorts } from "../../boot/peer.ts";
import { decodePacket, encodePacket } from "../../wire/dhcp/packet.ts";
import { WireError } from "../../wire/error.ts";
import type { Attribution } from "../ladder/attribution.ts";
import type { Ladders } from "../ladder/ladders.ts";
import type { World } from "../world.ts";
import { type Datagram, openDhcpPort } from "./dhcp-socket.ts";
import { loadNativeUdp, type NativeUdp } from "./native-udp.ts";

export interface DhcpServerOptions {
  readonly world: World;
  /** The interfaces to serve; at least one. */
  readonly interfaces: readonly Arrival[];
  readonly ports: BootPorts;
  /** Sockets tied to interfaces by native calls: `auto` where they can be had, `true` or else fail, `false` never. */
  readonly native: boolean | "auto";
  /** What was offered to whom and what came of it; absent: everybody gets the usual offer. */
  readonly ladders?: Ladders;
  /** Learns whose address is whose. */
  readonly attribution?: Attribution;
}

export interface DhcpServer {
  close(): Promise<void>;
}

/** How often the same kind of error on sending is told again, in milliseconds. */
const NOTICE_EVERY_MS = 60_000;

/**
 * Answers netboot clients beside another DHCP server, until it is closed.
 *
 * @throws an error with `code` EACCES or EADDRINUSE, `address` and `port` when a port cannot be opened
 */
export async function startDhcpServer(options: DhcpServerOptions): Promise<DhcpServer> {
  const { world, interfaces } = options;
  const native = await chooseNative(options.native);
  const onError = noticeOnce(world);
  const onDatagram = (datagram: Datagram) => handle(datagram, options);
  const close67 = await openDhcpPort({ interfaces, port: 67, native, onDatagram, onError });
  try {
    const close4011 = await openDhcpPort({ interfaces, port: 4011, native, onDatagram, onError });
    return { close: async () => void (await Promise.all([close67(), close4011()])) };
  } catch (error) {
    await close67();
    throw error;
  }
}

function handle(datagram: Datagram, options: DhcpServerOptions): void {
  const { world, ports, ladders, attribution } = options;
  const { bytes, peer, arrival, port } = datagram;
  try {
    const request = decodePacket(bytes);
    attribution?.heard(request, port, peer);
    ladders?.heard(request, port);
    if (replyType(request, port) === undefined) return;
    const client = identify(request);
    if (client === undefined) return;
    const decision = decide(client, world.snapshot(), ladders?.remembered(request, client));
    const variant = ladders?.variant(request, client, decision, port);
    const form = variant === undefined ? {} : { variant };
    const reply = answer(request, client, decision, { arrival, port, ports, ...form });
    if (reply !== undefined) {
      datagram.reply(
        encodePacket(reply, replyLimit(request, arrival.mtu)),
        destination(request, reply, port, peer),
      );
    }
    const sent = reply === undefined ? undefined : replyType(request, port);
    world.record({
      type: "dhcp",
      interface: arrival.interface,
      port,
      request: messageType(request) ?? "BOOTP",
      client,
      decision,
      ...(sent !== undefined && { reply: sent, ...form }),
    });
  } catch (error) {
    // Nothing was half changed, the snapshot being immutable: drop the packet, keep serving.
    if (error instanceof WireError) {
      world.record({ type: "malformed", via: "dhcp", peer, code: error.code, reason: error.message });
    } else {
      world.record({ type: "bug", via: "dhcp", error, bytes });
    }
  }
}

async function chooseNative(wanted: boolean | "auto"): Promise<NativeUdp | undefined> {
  if (wanted === false) return undefined;
  const native = await loadNativeUdp();
  if (native === undefined && wanted === true) {
    throw new Error(
      "sockets cannot be tied to interfaces here: koffi is not installed, or the right is missing",
    );
  }
  return native;
}

/** A firewall or a network that went away fails every reply: one line a minute says as much. */
function noticeOnce(world: World): (error: NodeJS.ErrnoException) => void {
  const lastMs = new Map<string, number>();
  return (error) => {
    const kind = error.code ?? error.message;
    const nowMs = performance.now();
    if (nowMs - (lastMs.get(kind) ?? Number.NEGATIVE_INFINITY) < NOTICE_EVERY_MS) return;
    lastMs.set(kind, nowMs);
    world.record({
      type: "notice",
      level: "warn",
      text: `A DHCP reply could not be sent: ${error.message}`,
      ...cureFor(kind),
    });
  };
}

function cureFor(code: string): { readonly cure?: string } {
  switch (code) {
    case "EPERM":
      return { cure: "Let UDP from ports 67 and 4011 out through the firewall (nft list ruleset)." };
    case "ENETUNREACH":
    case "EHOSTUNREACH":
      return { cure: "Give the served interface its address and route back (ip address, ip route)." };
    default:
      return {};
  }
}
