/** Listens on UDP ports of the served interfaces, as they come and go, and perhaps for what is sent to everybody. */

import { createSocket, type Socket } from "node:dgram";
import { type Arrival, boundAddress, type Peer } from "../boot/peer.ts";
import { LIMITED_BROADCAST } from "../wire/net/ipv4.ts";

export interface UdpListener {
  /** Listens on these interfaces from now on. */
  setInterfaces(arrivals: readonly Arrival[]): Promise<void>;
  /** The ports that are open now on our own addresses. */
  readonly ports: readonly number[];
  close(): Promise<void>;
}

export interface UdpListenerOptions {
  readonly interfaces: readonly Arrival[];
  readonly ports: readonly number[];
  /** What is sent to everybody is heard too, where the system can listen to that alone. */
  readonly hearsBroadcasts: boolean;
  readonly onDatagram: (bytes: Uint8Array, from: Peer) => void;
  /** Hears of the sockets' errors, and of what {@link onDatagram} throws. */
  readonly onError: (error: unknown) => void;
}

/** Listens until it is closed. @throws an Error with `code` if a port cannot be opened */
export async function startUdpListener(options: UdpListenerOptions): Promise<UdpListener> {
  const sockets = new Map<string, Socket[]>();

  async function setInterfaces(arrivals: readonly Arrival[]): Promise<void> {
    const own = arrivals.map(boundAddress);
    const wanted = new Set([
      ...own,
      ...(own.length > 0 && options.hearsBroadcasts ? [LIMITED_BROADCAST] : []),
    ]);
    for (const [address, open] of sockets) {
      if (wanted.has(address)) continue;
      sockets.delete(address);
      await Promise.all(open.map(close));
    }
    for (const address of wanted) {
      if (sockets.has(address)) continue;
      // Only some systems can listen to broadcasts alone; what is sent to our address is heard on all.
      const opening = openAll(address, options);
      sockets.set(address, await (address === LIMITED_BROADCAST ? opening.catch(() => []) : opening));
    }
  }
  const stop = () => setInterfaces([]);
  try {
    await setInterfaces(options.interfaces);
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    setInterfaces,
    get ports() {
      const own = [...sockets].filter(([address]) => address !== LIMITED_BROADCAST);
      return own.flatMap(([, open]) => open.map((socket) => socket.address().port));
    },
    close: stop,
  };
}

async function openAll(address: string, options: UdpListenerOptions): Promise<Socket[]> {
  const open: Socket[] = [];
  try {
    for (const port of options.ports) open.push(await openOne(port, address));
  } catch (error) {
    await Promise.all(open.map(close));
    throw error;
  }
  for (const socket of open) {
    socket.on("message", (bytes, from) => {
      try {
        options.onDatagram(bytes, { address: from.address, port: from.port });
      } catch (error) {
        // No datagram ends the server.
        options.onError(error);
      }
    });
    socket.on("error", options.onError);
  }
  return open;
}

function openOne(port: number, address: string): Promise<Socket> {
  const socket = createSocket("udp4");
  return new Promise((resolve, reject) => {
    socket.once("error", (error) => {
      socket.close();
      reject(error);
    });
    socket.bind({ port, address, exclusive: true }, () => {
      socket.removeAllListeners("error");
      resolve(socket);
    });
  });
}

function close(socket: Socket): Promise<void> {
  return new Promise((resolve) => socket.close(() => resolve()));
}
