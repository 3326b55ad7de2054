/**
 * Finds out whether an address is in use with nothing but a UDP socket, for a process without rights.
 *
 * A datagram to a port where nobody listens makes the kernel ask for the address by ARP, and its owner
 * refuse the datagram. An entry that the kernel had before says nothing: it may be of the one that had
 * the address last.
 */

import { createSocket, type Socket } from "node:dgram";
import { readFile } from "node:fs/promises";
import { setTimeout as delay } from "node:timers/promises";
import { knownNeighbours, PROBE_WAITS_MS } from "../../boot/lease/conflict.ts";
import { boundAddress } from "../../boot/peer.ts";
import type { Ipv4 } from "../../wire/net/ipv4.ts";
import type { Mac } from "../../wire/net/mac.ts";
import type { ProbeTarget } from "./probe-target.ts";

/** The first port of `traceroute`, which is meant for where nobody listens. */
const UNUSED_PORT = 33434;
/** How often the kernel's table is read, in milliseconds. */
const LOOK_EVERY_MS = 50;

/** As `isInUse` of {@link import("./address-probe.ts").AddressProber}. */
export async function probeByUdp({ address, owner, arrival, isRelayed }: ProbeTarget): Promise<boolean> {
  const isKnown = (await neighbour(address)) !== undefined;
  const { promise: refused, resolve } = Promise.withResolvers<true>();
  const socket = await connect(address, isRelayed ? undefined : boundAddress(arrival), () => resolve(true));
  if (socket === undefined) return false;
  try {
    for (const waitMs of PROBE_WAITS_MS) {
      // A refusal of the one before comes as an error of this one.
      socket.send("", (error) => isRefusal(error) && resolve(true));
      for (let leftMs = waitMs; leftMs > 0; leftMs -= LOOK_EVERY_MS) {
        const isRefused = await Promise.race([refused, delay(Math.min(leftMs, LOOK_EVERY_MS), false)]);
        const mac = await neighbour(address);
        if (mac !== undefined && mac === owner) return false;
        if (isRefused || (mac !== undefined && !isKnown)) return true;
      }
    }
    return false;
  } finally {
    socket.close();
  }
}

async function neighbour(address: Ipv4): Promise<Mac | undefined> {
  const table = await readFile("/proc/net/arp", "utf8").catch(() => "");
  return knownNeighbours(table).find((each) => each.address === address)?.mac;
}

/** @returns `undefined` when there is no way to the address */
async function connect(
  address: Ipv4,
  self: Ipv4 | undefined,
  onRefused: () => void,
): Promise<Socket | undefined> {
  const socket = createSocket("udp4");
  socket.on("error", (error) => isRefusal(error) && onRefused());
  try {
    await new Promise<void>((resolve, reject) => {
      socket.once("error", reject);
      socket.bind({ ...(self !== undefined && { address: self }) }, () =>
        // Node calls it with an error too, which its types do not say.
        socket.connect(UNUSED_PORT, address, (error?: unknown) => {
          socket.off("error", reject);
          if (error) reject(error);
          else resolve();
        }),
      );
    });
    return socket;
  } catch {
    socket.close();
    return undefined;
  }
}

function isRefusal(error: Error | null): boolean {
  return error !== null && "code" in error && error.code === "ECONNREFUSED";
}
