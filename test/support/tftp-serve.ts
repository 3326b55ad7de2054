/**
 * Serves a folder by TFTP as a process of its own, for clients in a network namespace.
 *
 * Arguments: folder, address, port (0: any). Says `{"port":N}`, then each event as a line of JSON; ends
 * when it is asked to.
 */

import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { startTftpServer } from "../../src/io/tftp-server.ts";
import { createWorld } from "../../src/io/world.ts";
import { folderShelf, snapshotWith } from "./memory-shelf.ts";

const [folder = ".", address = "127.0.0.1", port = "0"] = process.argv.slice(2);
const say = (value: unknown) => process.stdout.write(`${JSON.stringify(value)}\n`);

const names = readdirSync(folder);
const world = createWorld(
  snapshotWith(new Map(names.map((name) => [name, statSync(join(folder, name)).size]))),
);
if (process.env.QUIET === undefined) world.subscribe(say);
const server = await startTftpServer({
  world,
  shelf: folderShelf(folder),
  interfaces: [{ interface: "test", self: address, mtu: 1500 }],
  ports: { http: 8080, tftp: 69 },
  port: Number(port),
  identifyScript: (base) => `#!ipxe\nchain ${base}/netboot.ipxe\n`,
});
say({ port: server.ports.get(address) });
process.once("SIGTERM", () => void server.close());
