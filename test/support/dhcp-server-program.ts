/**
 * The DHCP server alone, as a program that a test starts in a namespace.
 *
 * Its one argument is JSON: `{ interfaces, macs, native, next }`. It prints a line `ready`, and from then on
 * every event as a line of JSON. On SIGUSR2 it serves the interfaces `next`, and prints `moved`.
 */

import type { Arrival } from "../../src/boot/peer.ts";
import { startDhcpServer } from "../../src/io/dhcp/dhcp-server.ts";
import { createWorld } from "../../src/io/world.ts";
import { worldFor } from "./worlds.ts";

interface Arguments {
  readonly interfaces: readonly Arrival[];
  readonly macs: readonly string[];
  readonly native: boolean;
  readonly next?: readonly Arrival[];
}

const { interfaces, macs, native, next = [] }: Arguments = JSON.parse(process.argv[2] ?? "{}");
const world = createWorld(worldFor(...macs));
world.subscribe((event) => {
  console.log(JSON.stringify(event, (_, value) => (value instanceof Error ? value.stack : value)));
});
try {
  const server = await startDhcpServer({ world, interfaces, native, ports: { http: 8080, tftp: 69 } });
  process.once("SIGTERM", async () => {
    await server.close();
    console.log("closed");
  });
  process.on("SIGUSR2", async () => {
    await server.setInterfaces(next);
    console.log("moved");
  });
  console.log("ready");
} catch (error) {
  console.log(`failed: ${(error as NodeJS.ErrnoException).code} ${(error as Error).message}`);
}
