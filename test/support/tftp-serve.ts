/**
 * Serves a folder by TFTP as a process of its own, for clients in a network namespace.
 *
 * Arguments: folder, address, port (0: any). Says `{"port":N}`, then each event as a line of JSON unless
 * QUIET is set; ends when it is asked to.
 */

import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { startTftpServer } from "../../src/io/tftp/tftp-server.ts";
import { createWorld } from "../../src/io/world.ts";
import { createFolderShelf } from "./folder-shelf.ts";
import { GENERATION, snapshotOf } from "./worlds.ts";

const [folder = ".", address = "127.0.0.1", port = "0"] = process.argv.slice(2);
const say = (value: unknown) => process.stdout.write(`${JSON.stringify(value)}\n`);

const files = new Map(readdirSync(folder).map((name) => [name, statSync(join(folder, name)).size] as const));
const world = createWorld(snapshotOf([], { ...GENERATION, path: folder, files }));
if (process.env.QUIET === undefined) world.subscribe(say);
const server = await startTftpServer({
  world,
  shelf: createFolderShelf(),
  interfaces: [{ interface: "test", self: address, mtu: 1500 }],
  ports: { http: 8080, tftp: 69 },
  port: Number(port),
  identifyScript: (base) => `#!ipxe\nchain ${base}/netboot.ipxe\n`,
});
say({ port: server.ports.get(address) });
process.once("SIGTERM", () => void server.close());
