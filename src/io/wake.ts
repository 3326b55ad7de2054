/** Sends a magic packet to everybody on the interfaces that are served. */

import { createSocket, type Socket } from "node:dgram";
import { type Arrival, boundAddress } from "../boot/peer.ts";
import type { Ipv4 } from "../wire/net/ipv4.ts";
import type { Mac } from "../wire/net/mac.ts";
import { encodeMagicPacket, WAKE_PORT } from "../wire/net/magic-packet.ts";

const EVERYBODY: Ipv4 = "255.255.255.255";

/**
 * Sends it once by each of these addresses' interfaces.
 *
 * Linux sends what goes to everybody by the interface that has the socket's own address.
 *
 * @returns the names of the interfaces that it left by
 * @throws the error of the last address, when it left by none
 */
export async function sendMagicPacket(mac: Mac, arrivals: readonly Arrival[]): Promise<readonly string[]> {
  const packet = encodeMagicPacket(mac);
  const results = await Promise.allSettled(arrivals.map((each) => sendFrom(boundAddress(each), packet)));
  const left = arrivals.filter((_, i) => results[i]?.status === "fulfilled");
  const failed = results.find((result) => result.status === "rejected");
  if (left.length === 0 && failed !== undefined) {
    throw new Error(`no magic packet could be sent: ${String(failed.reason)}`, { cause: failed.reason });
  }
  return [...new Set(left.map((each) => each.interface))];
}

async function sendFrom(address: Ipv4, packet: Uint8Array): Promise<void> {
  const socket = createSocket("udp4");
  try {
    await bind(socket, address);
    socket.setBroadcast(true);
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    socket.send(packet, WAKE_PORT, EVERYBODY, (error) => (error === null ? resolve() : reject(error)));
    await promise;
  } finally {
    socket.close();
  }
}

function bind(socket: Socket, address: Ipv4): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  socket.once("error", reject);
  socket.bind({ address, port: 0 }, () => {
    socket.off("error", reject);
    resolve();
  });
  return promise;
}
