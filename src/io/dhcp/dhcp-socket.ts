/**
 * The UDP sockets of the DHCP ports: what came in over which interface, and replies that leave by it.
 *
 * Each served address has a socket bound to it. It sends, so a reply has that address, and on Linux even
 * one to 255.255.255.255 leaves by that interface; and it hears unicast: relays, and all of port 4011.
 *
 * Such a socket does not hear broadcasts. For them each interface has an *ear*, tied to the interface by
 * SO_BINDTODEVICE. Where that cannot be had there is one ear for all, bound to 255.255.255.255, which
 * cannot tell where a broadcast came in. With a single served interface that is no loss. With several,
 * each of them answers, with its own address: the client takes the answer that reaches it, and on the
 * other networks nobody waits for a reply with that transaction id.
 *
 * A broadcast is answered once for each interface, by the first of its addresses.
 */

import { createSocket, type Socket } from "node:dgram";
import type { DhcpPort } from "../../boot/dhcp/reply-type.ts";
import { type Arrival, boundAddress, type Peer } from "../../boot/peer.ts";
import { arrivalKey } from "../../boot/server/interface-changes.ts";
import { type Ipv4, LIMITED_BROADCAST, UNSPECIFIED } from "../../wire/net/ipv4.ts";
import type { Wire } from "../capture/wire.ts";
import { numericLookup } from "../numeric-lookup.ts";
import { createOpenSet } from "../open-set.ts";
import { boundTo } from "../system/bound-sockets.ts";
import type { NativeUdp } from "./native-udp.ts";

/**
 * What the kernel keeps for us while we are busy: the first packets of some thousand machines after a power
 * cut. It counts about three times their bytes, and gives what its own limit (net.core.rmem_max) allows.
 */
const WAITING_BYTES = 2 * 1024 * 1024;

/** A datagram, and the interface that it came in by. */
export interface Datagram {
  readonly bytes: Uint8Array;
  readonly peer: Peer;
  readonly arrival: Arrival;
  readonly port: DhcpPort;
  /** Whether it was sent to everybody. */
  readonly wasBroadcast: boolean;
  /** Sends from that interface and port; what goes wrong comes to `onError`. */
  reply(bytes: Uint8Array, to: Peer): void;
}

export interface DhcpSocketOptions {
  readonly port: DhcpPort;
  /** Absent: one ear for all interfaces. */
  readonly native: NativeUdp | undefined;
  readonly onDatagram: (datagram: Datagram) => void;
  readonly onError: (error: Error) => void;
  /** For who records. */
  readonly wire?: Wire | undefined;
}

/** An interface on which a port could not be opened. */
export interface RefusedLine {
  readonly interface: string;
  readonly port: DhcpPort;
  readonly error: unknown;
}

/** One port on every served interface. */
export interface DhcpSockets {
  /** Whether replies can leave from anywhere. */
  isOpen(): boolean;
  /** What the last call to `setInterfaces` could not open. */
  refused(): readonly RefusedLine[];
  /**
   * Serves these from now on; sockets of those that were served already stay as they are.
   *
   * @throws Node's own error with `code` EACCES, EADDRINUSE or EADDRNOTAVAIL, `address` and `port`; what
   * could be opened stays open
   */
  setInterfaces(arrivals: readonly Arrival[]): Promise<void>;
  close(): Promise<void>;
}

/** A served address, and the socket that sends from it. */
interface Line {
  arrival: Arrival;
  readonly socket: Socket;
}

/** What hears broadcasts. */
interface Ear {
  readonly key: string;
  readonly address: Ipv4;
  /** The interface that it is tied to, if it is. */
  readonly device: string | undefined;
}

/** Makes the sockets' keeper; none is open yet. */
export function createDhcpSockets(options: DhcpSocketOptions): DhcpSockets {
  // Of two cards in one network, Linux lets either of them take what is for the other's address. On 67 the
  // other one's ear hears that; on 4011 there is none.
  const isTied = options.port === 67;
  /** With sockets of our own the kernel could not tell whose another one is. */
  const hasOwn = (device: string) =>
    lines.all().some(({ arrival }) => !isTied || arrival.interface === device) ||
    ears.all().some((ear) => ear.device === device);
  let refused: readonly RefusedLine[] = [];
  async function openLine(arrival: Arrival): Promise<Line> {
    try {
      if (!hasOwn(arrival.interface)) await refuseSharing(arrival, options);
      const socket = await openSocket({
        ...options,
        address: boundAddress(arrival),
        device: isTied ? arrival.interface : undefined,
      });
      const line: Line = { arrival, socket };
      // What is sent to an address, the kernel gives to this socket alone.
      hear(socket, () => [line], false, options);
      return line;
    } catch (error) {
      refused = [...refused, { interface: arrival.interface, port: options.port, error }];
      throw error;
    }
  }
  const lines = createOpenSet<Arrival, Line>({
    keyOf: arrivalKey,
    open: openLine,
    update(line, arrival) {
      line.arrival = arrival;
    },
    close: ({ socket }) => closeSocket(socket),
  });
  const ears = createOpenSet<Ear, Ear & { readonly socket: Socket }>({
    keyOf: ({ key }) => key,
    async open(ear) {
      const socket = await openSocket({ ...options, ...ear });
      hear(socket, () => firstOfEach(lines.all(), ear.device), true, options);
      return { ...ear, socket };
    },
    close: ({ socket }) => closeSocket(socket),
  });
  return {
    isOpen: () => lines.all().length > 0,
    refused: () => refused,
    async setInterfaces(arrivals) {
      refused = [];
      const opening = lines.set(arrivals);
      // Also when one of them cannot be opened: the others are to hear.
      await opening.catch(() => {});
      await ears.set(earsFor(lines.all(), options));
      await opening;
    },
    async close() {
      await Promise.all([lines.close(), ears.close()]);
    },
  };
}

/** Nothing is broadcast to 4011: clients ask the address that the offer named. */
function earsFor(lines: readonly Line[], { port, native }: DhcpSocketOptions): Ear[] {
  if (port === 4011 || lines.length === 0) return [];
  if (native === undefined) return [{ key: "all", address: LIMITED_BROADCAST, device: undefined }];
  return lines.map(({ arrival: { interface: device, index } }) => ({
    key: `${device} ${index ?? ""}`,
    address: UNSPECIFIED,
    device,
  }));
}

/** @param device - of this interface only; absent: of all */
function firstOfEach(lines: readonly Line[], device: string | undefined): Line[] {
  const byInterface = new Map<string, Line>();
  for (const line of lines) {
    const name = line.arrival.interface;
    if (!byInterface.has(name) && (device ?? name) === name) byInterface.set(name, line);
  }
  return [...byInterface.values()];
}

/**
 * Leaves a port to another server that has it on this interface already.
 *
 * The kernel would let both have it. Broadcasts then come to both, but what is sent to our address comes to
 * the one that opened it last: a DHCP server on this machine would hear of no renewal any more.
 *
 * @throws an error with the code EADDRINUSE
 */
async function refuseSharing(arrival: Arrival, { native, port }: DhcpSocketOptions): Promise<void> {
  const address = boundAddress(arrival);
  const device = arrival.interface;
  // Nobody tells to which interface a socket for all addresses is tied: without native calls it may be no
  // concern of ours.
  const isTaken =
    native === undefined
      ? await boundTo("udp", address, port)
      : native.isTaken({ device, address: UNSPECIFIED, port });
  if (isTaken) throw inUse(address, port);
}

function inUse(address: Ipv4, port: number): Error {
  const [code, syscall] = ["EADDRINUSE", "bind"];
  return Object.assign(new Error(`${syscall} ${code} ${address}:${port}`), { code, syscall, address, port });
}

function hear(
  ear: Socket,
  linesOf: () => readonly Line[],
  wasBroadcast: boolean,
  options: DhcpSocketOptions,
): void {
  const { onError, wire, port: ownPort } = options;
  const onSent = (error: Error | null) => {
    if (error) onError(error);
  };
  ear.on("error", onError);
  ear.on("message", (bytes, { address, port }) => {
    const lines = linesOf();
    const [first] = lines;
    if (wire?.tap !== undefined && first !== undefined) {
      const to = wasBroadcast ? LIMITED_BROADCAST : boundAddress(first.arrival);
      wire.tap.datagram(
        "dhcp",
        { peer: { address, port }, own: { address: to, port: ownPort } },
        bytes,
        false,
      );
    }
    for (const { arrival, socket } of lines) {
      options.onDatagram({
        bytes,
        peer: { address, port },
        arrival,
        port: ownPort,
        wasBroadcast,
        reply(reply, to) {
          wire?.tap?.datagram(
            "dhcp",
            { peer: to, own: { address: boundAddress(arrival), port: ownPort } },
            reply,
            true,
          );
          try {
            socket.send(reply, to.port, to.address, onSent);
          } catch (error) {
            // Its interface has gone while an address was probed or written, and so has who waits for it.
            if (!isClosed(error)) throw error;
          }
        },
      });
    }
  });
}

function isClosed(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "ERR_SOCKET_DGRAM_NOT_RUNNING";
}

interface SocketOptions extends Pick<DhcpSocketOptions, "port" | "native"> {
  readonly address: Ipv4;
  readonly device: string | undefined;
}

async function openSocket({ native, device, address, port }: SocketOptions): Promise<Socket> {
  const socket = createSocket({ type: "udp4", reuseAddr: true, lookup: numericLookup });
  try {
    await new Promise<void>((resolve, reject) => {
      socket.once("error", reject);
      const ready = () => {
        socket.off("error", reject);
        socket.setBroadcast(true);
        socket.setRecvBufferSize(WAITING_BYTES);
        resolve();
      };
      if (native === undefined || device === undefined)
        socket.bind({ address, port, exclusive: true }, ready);
      else socket.bind({ fd: native.open({ device, address, port }), exclusive: true }, ready);
    });
    return socket;
  } catch (error) {
    socket.close();
    throw error;
  }
}

function closeSocket(socket: Socket): Promise<void> {
  return new Promise((done) => socket.close(() => done()));
}
