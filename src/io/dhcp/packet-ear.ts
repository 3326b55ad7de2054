/**
 * Hears packets on a raw socket for as long as somebody waits for one.
 *
 * Node cannot wait for such a socket, and a thread for each would be many: it is looked at a hundred
 * times a second while there is need, and closed when there is none, so that nothing old is in it.
 */

import type { RawSocket } from "./native-raw.ts";

const LOOK_EVERY_MS = 10;

export interface PacketEar<To, Packet> {
  /**
   * Listens while `act` runs.
   *
   * @param isWanted - what `heard` resolves for
   * @throws what opening the socket throws
   */
  listen<Result>(
    isWanted: (packet: Packet) => boolean,
    act: (send: (bytes: Uint8Array, to: To) => void, heard: Promise<true>) => Promise<Result>,
  ): Promise<Result>;
}

/** @param decode - `undefined` for packets that are not of this kind */
export function createPacketEar<To, Packet>(
  open: () => RawSocket<To>,
  decode: (bytes: Uint8Array) => Packet | undefined,
): PacketEar<To, Packet> {
  const listeners = new Set<(packet: Packet) => void>();
  let opened: { readonly socket: RawSocket<To>; readonly timer: NodeJS.Timeout } | undefined;

  function start() {
    const socket = open();
    const timer = setInterval(() => {
      for (let bytes = socket.receive(); bytes !== undefined; bytes = socket.receive()) {
        const packet = decode(bytes);
        if (packet !== undefined) for (const listener of listeners) listener(packet);
      }
    }, LOOK_EVERY_MS);
    return { socket, timer };
  }

  function stop(): void {
    clearInterval(opened?.timer);
    opened?.socket.close();
    opened = undefined;
  }

  return {
    async listen(isWanted, act) {
      opened ??= start();
      const { socket } = opened;
      const { promise: heard, resolve } = Promise.withResolvers<true>();
      const listener = (packet: Packet) => {
        if (isWanted(packet)) resolve(true);
      };
      listeners.add(listener);
      try {
        return await act((bytes, to) => socket.send(bytes, to), heard);
      } finally {
        listeners.delete(listener);
        if (listeners.size === 0) stop();
      }
    },
  };
}
