/** A boot plane on a free port of the loopback, over a folder with one generation in it. */

import { randomBytes } from "node:crypto";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { BootEvent } from "../../src/boot/event.ts";
import type { Generation } from "../../src/boot/generation.ts";
import { openCheckIns } from "../../src/io/check-in/check-ins.ts";
import { type HttpLimits, type HttpServerOptions, startHttpServer } from "../../src/io/http/http-server.ts";
import { createKexecDesk } from "../../src/io/kexec/kexec-desk.ts";
import { openTurnBook } from "../../src/io/kexec/turn-book.ts";
import { createMemoryStore } from "../../src/io/store/store.ts";
import { createWorld, type World } from "../../src/io/world.ts";
import { logEvents } from "./event-log.ts";
import { createFolderShelf } from "./folder-shelf.ts";
import { BETA, GENERATION, snapshotOf } from "./worlds.ts";

export type HttpRig = Awaited<ReturnType<typeof startHttpRig>>;

/** Enough for several chunks, and for a socket not to take it whole. */
export const INITRD = randomBytes(20_000_123);

export const FILES: ReadonlyMap<string, Uint8Array> = new Map([
  ["bzImage", randomBytes(70_000)],
  ["initrd.zst", INITRD],
  ["empty", new Uint8Array()],
]);

/** @param more - what else the server is given, made for its world */
export async function startHttpRig(
  limits: Partial<HttpLimits> = {},
  maxTransfers?: number,
  more: (world: World) => Partial<HttpServerOptions> = () => ({}),
) {
  const folder = mkdtempSync(join(tmpdir(), "mayfly-http-"));
  const put = (generation: Generation, files = FILES): Generation => {
    const path = join(folder, generation.id);
    for (const [name, bytes] of files) {
      mkdirSync(dirname(join(path, name)), { recursive: true });
      writeFileSync(join(path, name), bytes);
    }
    return { ...generation, path, files: new Map([...files].map(([name, bytes]) => [name, bytes.length])) };
  };
  const generation = put(GENERATION);
  const world = createWorld(snapshotOf([BETA], generation));
  const log = logEvents(world);
  const scripts: string[] = [];
  const shelf = createFolderShelf();
  const store = createMemoryStore();
  const addressOf = new Map<string, string>();
  const restarting = { max: 1 };
  const checkIns = await openCheckIns({ world, store, whose: (address) => addressOf.get(address) });
  const server = await startHttpServer({
    world,
    shelf,
    checkIns,
    ready: () => true,
    onNamed: (id) => scripts.push(id),
    addresses: [{ host: "127.0.0.1", port: 0 }],
    limits,
    maxTransfers: () => maxTransfers,
    kexec: createKexecDesk({
      ...{ world, shelf, origin: checkIns.origin, prepare: world.prepare },
      turns: await openTurnBook({ world, store, maxRebooting: () => restarting.max }),
    }),
    ...more(world),
  });
  const port = server.addresses[0]?.port ?? 0;
  return {
    ...{ world, shelf, store, checkIns, addressOf, restarting, server, generation, scripts, port, put },
    events: log.all,
    clearEvents: log.clear,
    base: `http://127.0.0.1:${port}`,
    pathOf: (id: string, file: string) => join(folder, id, file),
    /** The first event of this type, now or when it comes. */
    event: <Type extends BootEvent["type"]>(type: Type) => log.wait(type),
    async stop() {
      await server.close();
      rmSync(folder, { recursive: true });
    },
  };
}
