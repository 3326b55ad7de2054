/** Starts what builds images: by the configuration's flakes and its clock, and by whoever asks. */

import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { BuildTarget } from "./boot/build/build.ts";
import type { HostName } from "./boot/host.ts";
import type { LiveSettings, Settings } from "./config/settings.ts";
import { startBuildClock } from "./io/builds/build-clock.ts";
import { type Builds, type BuildsConfig, startBuilds } from "./io/builds/builds.ts";
import type { Store } from "./io/store/store.ts";
import type { World } from "./io/world.ts";

export interface Building extends Builds {
  /** Takes over an edited configuration. */
  reconfigure(live: LiveSettings): void;
  /** When the clock has a host built next, in milliseconds since the epoch. */
  nextMs(host: HostName): number | undefined;
  /**
   * What forges sign their hooks by; `undefined`: there are no hooks.
   *
   * @throws Error with the cure when the file cannot be read, or is empty
   */
  hookSecret(): Promise<string | undefined>;
}

/** Which hosts can be built, and where the result of each goes. */
export function buildsConfig(live: LiveSettings, settings: Settings): BuildsConfig {
  // One image for every machine: the hosts do not count then.
  const hosts = settings.image === undefined ? live.hosts : [];
  const targets = hosts.flatMap(({ name, flake, image }): BuildTarget[] =>
    flake === undefined
      ? []
      : [{ host: name, installable: flake, outLink: image ?? join(settings.mediaFolder, "hosts", name) }],
  );
  return { settings: live.build, targets };
}

export async function startBuilding(world: World, settings: Settings, store: Store): Promise<Building> {
  const onError = (error: unknown) => world.record({ type: "bug", via: "the clock of builds", error });
  const { stateFolder } = settings;
  const builds = await startBuilds({
    ...{ world, store, stateFolder },
    config: buildsConfig(settings.live, settings),
  });
  const clock = await startBuildClock({ builds, onError });
  return {
    ...builds,
    reconfigure(live) {
      builds.configure(buildsConfig(live, settings));
      clock.reset().catch(onError);
    },
    nextMs: clock.nextMs,
    hookSecret: () => readSecret(builds.config().settings.hookSecretFile),
    async close() {
      clock.close();
      await builds.close();
    },
  };
}

/** Read each time, so that a new secret counts at once and none lies in memory. */
async function readSecret(file: string | undefined): Promise<string | undefined> {
  if (file === undefined) return undefined;
  const text = await readFile(file, "utf8").catch((error: Error) => {
    throw new Error(`the secret of hooks cannot be read: ${error.message}`, { cause: error });
  });
  const secret = text.trim();
  if (secret === "")
    throw Object.assign(new Error(`${file} is empty`), { cure: "put the secret into it that the forge has" });
  return secret;
}
