/** The DHCP loop: socket, decode, decide, encode, socket; on ports 67 and 4011 of every served interface. */

import { destination } from "../../boot/dhcp/destination.ts";
import { type DhcpPort, replyLimit } from "../../boot/dhcp/reply-type.ts";
import type { Arrival, BootPorts } from "../../boot/peer.ts";
import { type DhcpPacket, decodePacket, encodePacket } from "../../wire/dhcp/packet.ts";
import { WireError } from "../../wire/error.ts";
import type { Attribution } from "../ladder/attribution.ts";
import type { Ladders } from "../ladder/ladders.ts";
import type { World } from "../world.ts";
import { createAddressProber } from "./address-probe.ts";
import { type ClientQueue, createClientQueue } from "./client-queue.ts";
import type { DhcpResponder } from "./dhcp-inquiry.ts";
import { createDhcpSockets, type Datagram } from "./dhcp-socket.ts";
import type { LeaseKeeper } from "./lease-keeper.ts";
import { createLeaseResponder } from "./lease-responder.ts";
import { loadNativeUdp, type NativeUdp } from "./native-udp.ts";
import { createOwnAddresses } from "./own-addresses.ts";
import { createProxyResponder } from "./proxy-responder.ts";

export interface DhcpServerOptions {
  readonly world: World;
  /** The interfaces to serve from the start. */
  readonly interfaces: readonly Arrival[];
  readonly ports: BootPorts;
  /** Sockets tied to interfaces by native calls: `auto` where they can be had, `true` or else fail, `false` never. */
  readonly native: boolean | "auto";
  /** What was offered to whom and what came of it; absent: everybody gets the usual offer. */
  readonly ladders?: Ladders;
  /** Learns whose address is whose. */
  readonly attribution?: Attribution;
  /** Gives addresses too; absent: another server does. */
  readonly leases?: LeaseKeeper;
  /** Decides everything and sends nothing: the events say what it would have sent. */
  readonly observes?: boolean;
}

export interface DhcpServer {
  /**
   * Serves these interfaces from now on; those that were served already do not notice.
   *
   * @throws as {@link startDhcpServer}; the others are served all the same
   */
  setInterfaces(arrivals: readonly Arrival[]): Promise<void>;
  close(): Promise<void>;
}

/** How often the same kind of error on sending is told again, in milliseconds. */
const NOTICE_EVERY_MS = 60_000;

/**
 * Answers netboot clients, and with leases everybody, until it is closed.
 *
 * @throws an error with `code` EACCES or EADDRINUSE, `address` and `port` when a port cannot be opened
 */
export async function startDhcpServer(options: DhcpServerOptions): Promise<DhcpServer> {
  const { world, interfaces } = options;
  const native = await chooseNative(options.native);
  const onError = noticeOnce(world);
  const way = await wayOf(options, native);
  let isClosing = false;
  const onDatagram = (datagram: Datagram) => {
    if (!isClosing) handle(datagram, options, way);
  };
  const sockets = ([67, 4011] as const).map((port) =>
    createDhcpSockets({ port, native, onDatagram, onError }),
  );
  const close = async () => {
    isClosing = true;
    // Whoever was promised an address is told of it.
    await way.queue.idle();
    await Promise.all(sockets.map((each) => each.close()));
  };
  const setInterfaces = async (arrivals: readonly Arrival[]) => {
    const results = await Promise.allSettled(sockets.map((each) => each.setInterfaces(arrivals)));
    const failed = results.find((each) => each.status === "rejected");
    if (failed !== undefined) throw failed.reason;
  };
  try {
    await setInterfaces(interfaces);
    return { setInterfaces, close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Socket, decode, decide, encode, socket: the middle is the responder's. */
function handle(datagram: Datagram, options: DhcpServerOptions, way: Way): void {
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
    attribution?.heard(request, port, peer);
    ladders?.heard(request, port);
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

/** What is done with a request, by the port that it came to; and the order in which. */
interface Way {
  readonly respond: Readonly<Record<DhcpPort, DhcpResponder>>;
  readonly queue: ClientQueue;
}

async function wayOf(options: DhcpServerOptions, native: NativeUdp | undefined): Promise<Way> {
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
