/**
 * Receives what Raspberry Pis say while they start: their EEPROM sends its messages by UDP where it is set to
 * (NETCONSOLE), as Linux' netconsole does.
 */

import { createSocket, type Socket } from "node:dgram";
import { type Arrival, boundAddress } from "../boot/peer.ts";
import { type ConsoleBook, NO_CONSOLES, takeConsole } from "../boot/rpi4/console-lines.ts";
import type { World } from "./world.ts";

export interface PiConsole {
  /** Listens on these interfaces from now on. */
  setInterfaces(arrivals: readonly Arrival[]): Promise<void>;
  /** The ports that are open now on our own addresses. */
  readonly ports: readonly number[];
  close(): Promise<void>;
}

/** Where the EEPROM sends from and to, unless it is told otherwise; some are told the one, some the other. */
export const CONSOLE_PORTS = [6665, 6666] as const;

/** Where an EEPROM sends its messages that is told no address. */
const BROADCAST = "255.255.255.255";

export interface PiConsoleOptions {
  readonly world: World;
  readonly interfaces: readonly Arrival[];
  /** Default: {@link CONSOLE_PORTS}. */
  readonly ports?: readonly number[];
}

/** Listens until it is closed. @throws an Error with `code` if a port cannot be opened */
export async function startPiConsole({
  world,
  interfaces,
  ports = CONSOLE_PORTS,
}: PiConsoleOptions): Promise<PiConsole> {
  const sockets = new Map<string, Socket[]>();
  let book: ConsoleBook = NO_CONSOLES;

  function take(bytes: Uint8Array, address: string, port: number): void {
    const [next, lines] = takeConsole(book, address, bytes, performance.now());
    book = next;
    for (const text of lines) world.record({ type: "console", peer: { address, port }, text });
  }
  async function setInterfaces(arrivals: readonly Arrival[]): Promise<void> {
    const own = arrivals.map(boundAddress);
    const wanted = new Set(own.length === 0 ? [] : [...own, BROADCAST]);
    for (const [address, open] of sockets) {
      if (wanted.has(address)) continue;
      sockets.delete(address);
      await Promise.all(open.map(close));
    }
    for (const address of wanted) {
      if (sockets.has(address)) continue;
      // Only some systems can listen to broadcasts alone; what is sent to our address is heard on all.
      const opening = openAll(ports, address, take, world);
      sockets.set(address, await (address === BROADCAST ? opening.catch(() => []) : opening));
    }
  }
  const stop = () => setInterfaces([]);
  try {
    await setInterfaces(interfaces);
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    setInterfaces,
    get ports() {
      const own = [...sockets].filter(([address]) => address !== BROADCAST);
      return own.flatMap(([, open]) => open.map((socket) => socket.address().port));
    },
    close: stop,
  };
}

type Take = (bytes: Uint8Array, address: string, port: number) => void;

async function openAll(
  ports: readonly number[],
  address: string,
  take: Take,
  world: World,
): Promise<Socket[]> {
  const open: Socket[] = [];
  try {
    for (const port of ports) open.push(await openOne(port, address));
  } catch (error) {
    await Promise.all(open.map(close));
    throw error;
  }
  for (const socket of open) {
    socket.on("message", (bytes, from) => take(bytes, from.address, from.port));
    socket.on("error", (error) => world.record({ type: "bug", via: "piConsole", error }));
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
