/**
 * The UDP sockets of the DHCP ports: what came in over which interface, and replies that leave by it.
 *
 * Each served interface has a socket bound to its own address. It sends, so a reply has that address,
 * and on Linux even one to 255.255.255.255 leaves by that interface; and it hears unicast: relays, and
 * all of port 4011.
 *
 * Such a socket does not hear broadcasts. For them each interface has an *ear*, tied to the interface by
 * SO_BINDTODEVICE. Where that cannot be had there is one ear for all, bound to 255.255.255.255, which
 * cannot tell where a broadcast came in. With a single served interface that is no loss. With several,
 * each of them answers, with its own address: the client takes the answer that reaches it, and on the
 * other networks nobody waits for a reply with that transaction id.
 */

import { createSocket, type Socket } from "node:dgram";
import type { DhcpPort } from "../../boot/dhcp/reply-type.ts";
import type { Arrival, Peer } from "../../boot/peer.ts";
import { type Ipv4, LIMITED_BROADCAST, UNSPECIFIED } from "../../wire/net/ipv4.ts";
import type { NativeUdp } from "./native-udp.ts";

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
  readonly interfaces: readonly Arrival[];
  readonly port: DhcpPort;
  /** Absent: one ear for all interfaces. */
  readonly native: NativeUdp | undefined;
  readonly onDatagram: (datagram: Datagram) => void;
  readonly onError: (error: Error) => void;
}

/**
 * Opens one port on every interface.
 *
 * @returns a function that closes all of its sockets
 * @throws Node's own error with `code` EACCES, EADDRINUSE or EADDRNOTAVAIL, `address` and `port`; nothing
 * stays open then
 */
export async function openDhcpPort(options: DhcpSocketOptions): Promise<() => Promise<void>> {
  const opened: Socket[] = [];
  const close = async () => {
    await Promise.all(opened.map((socket) => new Promise<void>((done) => socket.close(() => done()))));
  };
  const open = async (address: Ipv4, device: string | undefined) => {
    const socket = await openSocket({ ...options, address, device });
    socket.on("error", options.onError);
    opened.push(socket);
    return socket;
  };
  try {
    const lines: Line[] = [];
    for (const arrival of options.interfaces) {
      const socket = await open(arrival.self, arrival.interface);
      lines.push({ arrival, socket });
      hear(socket, [{ arrival, socket }], false, options);
    }
    // Nothing is broadcast to 4011: clients ask the address that the offer named.
    if (options.port === 4011) return close;
    if (options.native === undefined) {
      hear(await open(LIMITED_BROADCAST, undefined), lines, true, options);
    } else {
      for (const line of lines) hear(await open(UNSPECIFIED, line.arrival.interface), [line], true, options);
    }
    return close;
  } catch (error) {
    await close();
    throw error;
  }
}

/** An interface, and the socket that sends on it. */
interface Line {
  readonly arrival: Arrival;
  readonly socket: Socket;
}

/** What is sent to the address of the first kind of socket, the kernel gives to no other. */
function hear(ear: Socket, lines: readonly Line[], wasBroadcast: boolean, options: DhcpSocketOptions): void {
  ear.on("message", (bytes, { address, port }) => {
    for (const { arrival, socket } of lines) {
      options.onDatagram({
        bytes,
        peer: { address, port },
        arrival,
        port: options.port,
        wasBroadcast,
        reply: (reply, to) =>
          socket.send(reply, to.port, to.address, (error) => {
            if (error) options.onError(error);
          }),
      });
    }
  });
}

interface SocketOptions extends Pick<DhcpSocketOptions, "port" | "native"> {
  readonly address: Ipv4;
  readonly device: string | undefined;
}

async function openSocket({ native, device, address, port }: SocketOptions): Promise<Socket> {
  const socket = createSocket({ type: "udp4", reuseAddr: true });
  try {
    await new Promise<void>((resolve, reject) => {
      socket.once("error", reject);
      const ready = () => {
        socket.off("error", reject);
        socket.setBroadcast(true);
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
