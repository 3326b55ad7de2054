/** Reads the machine's network interfaces. */

import { readFile } from "node:fs/promises";
import { networkInterfaces } from "node:os";
import type { PresentInterface } from "../../boot/server/served-interfaces.ts";
import { type FactReader, openFactReader } from "./interface-facts.ts";

/** What Ethernet has, where the system does not tell. */
const ETHERNET_MTU = 1500;

/** Every interface of this network namespace, up or not. */
export async function presentInterfaces(facts?: FactReader): Promise<PresentInterface[]> {
  if (facts !== undefined) return readInterfaces(facts);
  const own = await openFactReader();
  try {
    return await readInterfaces(own);
  } finally {
    own.close();
  }
}

async function readInterfaces(facts: FactReader): Promise<PresentInterface[]> {
  // A second address may be labelled eth0:1, and is no interface of its own. What has no link is not here.
  const up = Map.groupBy(Object.entries(networkInterfaces()), ([label]) => label.split(":")[0] ?? label);
  const others = (await interfaceNames()).filter((name) => !up.has(name));
  const found = [...up].map(async ([name, labelled]): Promise<PresentInterface> => {
    const all = labelled.flatMap(([, addresses = []]) => addresses);
    const addresses = all.filter((each) => each.family === "IPv4").map((each) => each.address);
    const isLoopback = all.some((each) => each.internal);
    // A machine with a hundred containers has as many interfaces without one: nobody needs to know more of them.
    if (addresses.length === 0) return { name, addresses, isLoopback, mtu: ETHERNET_MTU, state: "up" };
    const { mtu = ETHERNET_MTU, index } = await facts.read(name);
    return { name, addresses, isLoopback, mtu, ...(index === undefined ? {} : { index }), state: "up" };
  });
  const without = others.map(async (name): Promise<PresentInterface> => {
    const { mtu = ETHERNET_MTU, index, isOn } = await facts.read(name);
    const state = isOn ? "no-link" : "off";
    return {
      name,
      addresses: [],
      isLoopback: name === "lo",
      mtu,
      ...(index === undefined ? {} : { index }),
      state,
    };
  });
  return Promise.all([...found, ...without]);
}

/** By a table of the kernel's, which is that of our own network namespace. */
async function interfaceNames(): Promise<string[]> {
  const table = await readFile("/proc/net/dev", "utf8").catch(() => "");
  return [...table.matchAll(/^ *([^\s:|]+):/gm)].map(([, name = ""]) => name);
}
