/** A switch with a server of addresses on it, and machines that have none yet. */

import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Namespace } from "../../src/lab/namespace.ts";
import { createNetwork, type Network } from "./cables.ts";
import { SERVER_ADDRESS } from "./lease-server.ts";

export interface LeaseLan {
  readonly network: Network;
  /** Has `lan0`, and on it {@link SERVER_ADDRESS}. */
  readonly server: Namespace;
  /** The state folder of the server. */
  readonly folder: string;
  /** A machine whose `eth0` is plugged into the switch. */
  addMachine(name: string, mac: string, address?: string): Promise<Namespace>;
  /** One namespace with many interfaces on the switch, `c0` and on. */
  addMany(count: number): Promise<Namespace>;
  close(): Promise<void>;
}

export async function createLeaseLan(): Promise<LeaseLan> {
  const network = await createNetwork();
  const hub = await network.namespace("hub");
  await hub.run("ip", "link", "add", "br0", "type", "bridge", "forward_delay", "0", "stp_state", "0");
  await hub.run("ip", "link", "set", "br0", "up");
  let ports = 0;
  const plug = async (end: Parameters<Network["cable"]>[0]) => {
    const device = `port${ports++}`;
    await network.cable(end, { at: hub, device });
    await hub.run("ip", "link", "set", device, "master", "br0");
  };
  const server = await network.namespace("server");
  await plug({ at: server, device: "lan0", address: `${SERVER_ADDRESS}/24` });
  return {
    network,
    server,
    folder: join(network.scratch, "state"),
    async addMachine(name, mac, address) {
      const machine = await network.namespace(name);
      await plug({ at: machine, device: "eth0", mac, ...(address !== undefined && { address }) });
      return machine;
    },
    async addMany(count) {
      const clients = await network.namespace("clients");
      const devices = Array.from({ length: count }, (_, i) => i);
      await batch(network, hub, [
        ...devices.map((i) => `link add m${i} type veth peer name c${i} netns ${clients.pid}`),
        // What one client broadcasts is for the server, not for hundreds of others.
        ...devices.map((i) => `link set m${i} master br0 up`),
        ...devices.map((i) => `link set m${i} type bridge_slave isolated on`),
      ]);
      await batch(
        network,
        clients,
        devices.map((i) => `link set c${i} up`),
      );
      return clients;
    },
    close: () => network.close(),
  };
}

async function batch({ scratch }: Network, at: Namespace, lines: readonly string[]): Promise<void> {
  const file = join(scratch, "batch");
  writeFileSync(file, `${lines.join("\n")}\n`);
  await at.run("ip", "-batch", file);
}
