/** Serves one folder by TFTP on 127.0.0.1:69, for the benchmark. Argument: the folder. */

import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { EMPTY_SNAPSHOT } from "../../src/boot/snapshot.ts";
import { startTftpServer } from "../../src/io/tftp-server.ts";
import { createWorld } from "../../src/io/world.ts";
import { createFolderShelf } from "../../test/support/folder-shelf.ts";

const folder = process.argv[2] ?? ".";
const files = new Map(readdirSync(folder).map((name) => [name, statSync(join(folder, name)).size] as const));
const generation = {
  id: "bench",
  shape: "plain",
  path: folder,
  initrds: [],
  kernelParams: "",
  files,
} as const;

await startTftpServer({
  world: createWorld({ ...EMPTY_SNAPSHOT, generations: new Map([[generation.id, generation]]) }),
  shelf: createFolderShelf(),
  // Ethernet's, since no machine boots over the loopback interface.
  interfaces: [{ interface: "lo", self: "127.0.0.1", mtu: 1500 }],
  ports: { http: 8080, tftp: 69 },
  identifyScript: (base) => base,
});
