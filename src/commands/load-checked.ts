/** Reads the settings, and checks what only this machine can tell: its own addresses. */

import { relative } from "node:path";
import { ownAddressMistakes } from "../config/check-own.ts";
import { loadSettings, type SettingsRequest } from "../config/load.ts";
import { ConfigError } from "../config/mistake.ts";
import type { Settings } from "../config/settings.ts";
import { presentInterfaces } from "../io/system/interfaces.ts";

/**
 * The settings as a server on this machine can use them.
 *
 * @throws {@link ConfigError} with every mistake
 */
export async function loadChecked(request: SettingsRequest): Promise<Settings> {
  const settings = await loadSettings(request);
  const own = (await presentInterfaces()).flatMap(({ addresses }) => addresses);
  const mistakes = ownAddressMistakes(settings, own, shownPath(request, settings.configFile));
  if (mistakes.length > 0) throw new ConfigError(mistakes);
  return settings;
}

/** A path as the operator knows it: relative where it lies below the working directory. */
export function shownPath({ cwd }: Pick<SettingsRequest, "cwd">, path: string): string {
  const below = relative(cwd, path);
  return below.startsWith("..") ? path : below;
}
