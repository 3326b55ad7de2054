/** Serves one folder by TFTP on 127.0.0.1:69, for the benchmark. Argument: the folder. */

import { readdirSync, statSync } from "node:fs";
import { open } from "node:fs/promises";
import { join } from "node:path";
import { EMPTY_SNAPSHOT } from "../../src/boot/snapshot.ts";
import type { FileShelf } from "../../src/io/open-file.ts";
import { startTftpServer } from "../../src/io/tftp-server.ts";
import { createWorld } from "../../src/io/world.ts";

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

const shelf: FileShelf = {
  async openMedia(_generation, file) {
    const handle = await open(join(folder, file));
    return {
      sizeBytes: files.get(file) ?? 0,
      read: async (into, position) => (await handle.read(into, 0, into.length, position)).bytesRead,
      close: () => void handle.close(),
    };
  },
  openProgram: async () => undefined,
};

await startTftpServer({
  world: createWorld({ ...EMPTY_SNAPSHOT, generations: new Map([[generation.id, generation]]) }),
  shelf,
  // Ethernet's, since no machine boots over the loopback interface.
  interfaces: [{ interface: "lo", self: "127.0.0.1", mtu: 1500 }],
  ports: { http: 8080, tftp: 69 },
  identifyScript: (base) => base,
});
