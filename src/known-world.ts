/** The world as a server would know it that starts now, for commands that only look: nothing is served. */

import { join } from "node:path";
import type { Snapshot } from "./boot/snapshot.ts";
import type { Settings } from "./config/settings.ts";
import { startHosts } from "./hosts.ts";
import { findBootPrograms } from "./io/boot-programs.ts";
import { readOwnScript } from "./io/own-script.ts";
import { createWorld } from "./io/world.ts";

/** Reads the media folder and what the configuration names once, as `serve` reads it. */
export async function lookOnce(settings: Settings): Promise<Snapshot> {
  const world = createWorld();
  const { programs } = await findBootPrograms({
    ownFolder: join(settings.mediaFolder, "ipxe"),
    ipxeFolders: settings.ipxeFolders,
  });
  // One that serve would not use is not used here either; serve says why.
  const script = await readOwnScript(join(settings.mediaFolder, "autoexec.ipxe")).catch(() => undefined);
  world.change([
    { type: "programs", programs },
    { type: "autoexec", script },
  ]);
  const hosts = startHosts(world, settings);
  try {
    await hosts.ready;
    return world.snapshot();
  } finally {
    await hosts.close();
  }
}
