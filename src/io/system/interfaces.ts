/** Reads the machine's network interfaces. */

import { readFile } from "node:fs/promises";
import { networkInterfaces } from "node:os";
import type { Arrival } from "../../boot/peer.ts";
import { chooseInterfaces, type PresentInterface } from "../../boot/server/served-interfaces.ts";

/** There is nothing to serve; the message names the interfaces that there are. */
export class InterfaceError extends Error {
  override readonly name = "InterfaceError";
}

/** What Ethernet has, where the system does not tell. */
const ETHERNET_MTU = 1500;

/**
 * The interfaces to serve.
 *
 * @param named - those of the configuration; empty: all that are fit for it
 * @throws {@link InterfaceError}
 */
export async function servedInterfaces(named: readonly string[]): Promise<readonly Arrival[]> {
  const choice = chooseInterfaces(await presentInterfaces(), named);
  if (choice.type === "none") throw new InterfaceError(choice.reason);
  return choice.arrivals;
}

/** Interfaces that are up and have an address of any kind. */
export async function presentInterfaces(): Promise<PresentInterface[]> {
  // A second address may be labelled eth0:1, and is no interface of its own.
  const byName = Map.groupBy(Object.entries(networkInterfaces()), ([label]) => label.split(":")[0] ?? label);
  const found = [...byName].map(async ([name, labelled]) => {
    const all = labelled.flatMap(([, addresses = []]) => addresses);
    return {
      name,
      addresses: all.filter((each) => each.family === "IPv4").map((each) => each.address),
      isLoopback: all.some((each) => each.internal),
      mtu: await mtuOf(name),
    };
  });
  return Promise.all(found);
}

async function mtuOf(name: string): Promise<number> {
  const text = await readFile(`/sys/class/net/${name}/mtu`, "utf8").catch(() => "");
  return Number.parseInt(text, 10) || ETHERNET_MTU;
}
