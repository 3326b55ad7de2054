/** Mayfly as users start it: `mayfly serve` in the boot server's place on the lab's LAN. */

import { mkdir, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Lan } from "../../src/lab/network.ts";
import type { Program } from "../../src/lab/program.ts";
import { bootsIn, wronglyDiagnosed } from "./well-boots.ts";

export interface MayflyOptions {
  /** For its media, state and configuration; made if it is not there. */
  readonly folder: string;
  /** What lies in `boot-media/hosts`: name and the folder or link that it leads to. */
  readonly hosts?: Readonly<Record<string, string>>;
  /** Boot programs to prefer over the distribution's: the name that they are served by, and the file. */
  readonly programs?: Readonly<Record<string, string>>;
  /** `mayfly.yaml`, which is looked for beside the media folder. */
  readonly config?: string;
  /** Further arguments. Default: it serves `eth0`. */
  readonly args?: readonly string[];
  /** What it prints when it has started. Default: that it is ready. */
  readonly started?: RegExp;
  /** Boots in trouble are the point of the test: what is said of those that end well all the same is not looked at. */
  readonly hasTrouble?: true;
}

/** The program, for Node to run. */
export const MAYFLY = join(import.meta.dirname, "../../bin/mayfly.js");

const READY_WITHIN_MS = 30_000;

/**
 * Starts the server and waits until it says that it is ready.
 *
 * When it is stopped, whatever was said to be wrong with a boot that went well fails the test.
 */
export async function startMayfly(lan: Pick<Lan, "server">, options: MayflyOptions): Promise<Program> {
  const media = join(options.folder, "boot-media");
  await mkdir(join(media, "hosts"), { recursive: true });
  await mkdir(join(media, "ipxe"), { recursive: true });
  for (const [name, target] of Object.entries(options.hosts ?? {})) {
    await symlink(target, join(media, "hosts", name));
  }
  for (const [name, path] of Object.entries(options.programs ?? {})) {
    await symlink(path, join(media, "ipxe", name));
  }
  if (options.config !== undefined) await writeFile(join(options.folder, "mayfly.yaml"), options.config);
  const server = await lan.server.start(
    [
      process.execPath,
      MAYFLY,
      "serve",
      ...["--media", media, "--state", join(options.folder, "state")],
      ...(options.args ?? ["--interface", "eth0"]),
    ],
    { name: "mayfly serve", cwd: options.folder },
  );
  await server.waitFor(options.started ?? /^mayfly is ready: .*$/m, READY_WITHIN_MS);
  if (options.hasTrouble === true) return server;
  return {
    ...server,
    async stop() {
      const end = await server.stop();
      const wrong = wronglyDiagnosed(await bootsIn(join(options.folder, "state")), server.text());
      if (wrong.length > 0) throw new Error(`a boot that went well was diagnosed:\n${wrong.join("\n")}`);
      return end;
    },
  };
}
