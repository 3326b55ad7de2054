/** Follows what lies in the media folder beside the images: boot programs, an own script, files of Raspberry Pis. */

import { join } from "node:path";
import type { ProgramChoice } from "./boot/program/program-choice.ts";
import type { Settings } from "./config/settings.ts";
import { findBootPrograms, watchBootPrograms } from "./io/boot-programs.ts";
import { watchFile } from "./io/file-watcher.ts";
import { readOwnScript } from "./io/own-script.ts";
import { followPiTrees } from "./io/rpi4/pi-trees.ts";
import type { World } from "./io/world.ts";

/** Resolves when the world has what is there now; follows it until `running` is disposed of. */
export async function followMedia(
  world: World,
  settings: Settings,
  running: AsyncDisposableStack,
): Promise<void> {
  await startPrograms(world, settings, running);
  await startOwnScript(world, settings, running);
  running.adopt(await followPiTrees(world, settings.mediaFolder), (folders) => folders.close());
}

async function startPrograms(world: World, settings: Settings, running: AsyncDisposableStack): Promise<void> {
  const places = { ownFolder: join(settings.mediaFolder, "ipxe"), ipxeFolders: settings.ipxeFolders };
  const take = ({ programs }: ProgramChoice) => world.change([{ type: "programs", programs }]);
  const choice = await findBootPrograms(places);
  take(choice);
  for (const notice of choice.notices) world.record({ type: "notice", ...notice });
  const onError = (error: unknown) => world.record({ type: "bug", via: "boot programs", error });
  running.adopt(await watchBootPrograms(places, take, onError), (watcher) => watcher.close());
}

/** The operator's `autoexec.ipxe` wins over the generated one; a broken one leaves things as they were. */
async function startOwnScript(
  world: World,
  settings: Settings,
  running: AsyncDisposableStack,
): Promise<void> {
  const file = join(settings.mediaFolder, "autoexec.ipxe");
  const load = () => readOwnScript(file);
  const onLoaded = (script: string | undefined) => world.change([{ type: "autoexec", script }]);
  const onRefused = (error: unknown) => {
    const text = error instanceof Error ? error.message : String(error);
    world.record({ type: "notice", level: "warn", text: `the own autoexec.ipxe is not used: ${text}` });
  };
  const watcher = await watchFile({ file, load, onLoaded, onRefused });
  running.adopt(watcher, (started) => started.close());
  await load().then(onLoaded, onRefused);
}
