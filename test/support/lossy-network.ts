/** Two network namespaces joined by a wire that loses packets in both directions. Needs root; always removed. */

import { runProgram } from "./spawned.ts";

export interface LossyNetwork {
  readonly serverAddress: string;
  /** Puts a command into the server's or the client's namespace. */
  inServer(command: readonly string[]): readonly string[];
  inClient(command: readonly string[]): readonly string[];
  remove(): Promise<void>;
}

const STEP_MS = 10_000;
const SERVER = "10.79.0.1";
const CLIENT = "10.79.0.2";

/** @param lossPercent - how many of a hundred IPv4 packets are dropped, in each direction */
export async function createLossyNetwork(lossPercent: number, mtu = 1500): Promise<LossyNetwork> {
  const id = `mf${process.pid.toString(36)}-${lossPercent}-${mtu}`;
  const [server, client] = [`${id}-srv`, `${id}-cli`];
  const remove = async () => {
    for (const name of [server, client]) await runProgram(["ip", "netns", "del", name], STEP_MS);
  };
  const rules = [
    "table ip loss {",
    "chain input {",
    "type filter hook input priority 0",
    `numgen random mod 100 < ${lossPercent} drop`,
    "}",
    "}",
  ].join("\n");
  try {
    for (const name of [server, client]) await must(["ip", "netns", "add", name]);
    // The first end is made in its namespace: no name of ours ever shows in the machine's own.
    await must([
      "ip",
      "-n",
      server,
      "link",
      "add",
      "v0",
      "type",
      "veth",
      "peer",
      "name",
      "v0",
      "netns",
      client,
    ]);
    for (const [name, address] of [
      [server, SERVER],
      [client, CLIENT],
    ] as const) {
      await must(["ip", "-n", name, "addr", "add", `${address}/24`, "dev", "v0"]);
      await must(["ip", "-n", name, "link", "set", "v0", "mtu", `${mtu}`, "up"]);
      await must(["ip", "netns", "exec", name, "nft", rules]);
    }
  } catch (error) {
    await remove();
    throw error;
  }
  return {
    serverAddress: SERVER,
    inServer: (command) => ["ip", "netns", "exec", server, ...command],
    inClient: (command) => ["ip", "netns", "exec", client, ...command],
    remove,
  };
}

async function must(command: readonly string[]): Promise<void> {
  const { status, output } = await runProgram(command, STEP_MS);
  if (status !== 0) throw new Error(`'${command.join(" ")}' ended with ${status}: ${output}`);
}
