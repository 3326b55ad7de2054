/** A server and a client joined by a wire that loses packets in both directions. */

import type { Namespace } from "../../src/lab/namespace.ts";
import { createNetwork } from "./cables.ts";

export interface LossyNetwork {
  readonly server: Namespace;
  readonly serverAddress: string;
  readonly client: Namespace;
  close(): Promise<void>;
}

const SERVER = "10.79.0.1";
const CLIENT = "10.79.0.2";

/** @param lossPercent - how many of a hundred IPv4 packets are dropped, in each direction */
export async function createLossyNetwork(lossPercent: number, mtu = 1500): Promise<LossyNetwork> {
  const network = await createNetwork();
  try {
    const [server, client] = [await network.namespace("server"), await network.namespace("client")];
    await network.cable(
      { at: server, device: "eth0", address: `${SERVER}/24`, mtu },
      { at: client, device: "eth0", address: `${CLIENT}/24`, mtu },
    );
    const rules = [
      "table ip loss {",
      "chain input {",
      "type filter hook input priority 0",
      `numgen random mod 100 < ${lossPercent} drop`,
      "}",
      "}",
    ].join("\n");
    for (const at of [server, client]) await at.run("nft", rules);
    return { server, serverAddress: SERVER, client, close: network.close };
  } catch (error) {
    await network.close();
    throw error;
  }
}
