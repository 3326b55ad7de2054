/**
 * Receives what Raspberry Pis say while they start: their EEPROM sends its messages by UDP where it is set to
 * (NETCONSOLE), as Linux' netconsole does.
 */

import type { Arrival } from "../boot/peer.ts";
import { type ConsoleBook, NO_CONSOLES, takeConsole } from "../boot/rpi4/console-lines.ts";
import { startUdpListener, type UdpListener } from "./udp-listener.ts";
import type { World } from "./world.ts";

/** Where the EEPROM sends from and to, unless it is told otherwise; some are told the one, some the other. */
export const CONSOLE_PORTS = [6665, 6666] as const;

export interface PiConsoleOptions {
  readonly world: World;
  readonly interfaces: readonly Arrival[];
  /** Default: {@link CONSOLE_PORTS}. */
  readonly ports?: readonly number[];
}

/** Listens until it is closed. @throws an Error with `code` if a port cannot be opened */
export function startPiConsole({
  world,
  interfaces,
  ports = CONSOLE_PORTS,
}: PiConsoleOptions): Promise<UdpListener> {
  let book: ConsoleBook = NO_CONSOLES;
  return startUdpListener({
    interfaces,
    ports,
    // An EEPROM that is told no address sends to everybody.
    hearsBroadcasts: true,
    onDatagram(bytes, peer) {
      const [next, lines] = takeConsole(book, peer.address, bytes, performance.now());
      book = next;
      for (const text of lines) world.record({ type: "console", peer, text });
    },
    onError: (error) => world.record({ type: "bug", via: "piConsole", error }),
  });
}
