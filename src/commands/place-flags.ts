/** The flags that say where a server keeps things. */

import type { Command } from "commander";
import type { SettingsRequest } from "../config/load.ts";

export interface PlaceFlags {
  readonly config?: string;
  readonly media?: string;
  readonly state?: string;
}

export type RequestOf = (flags: PlaceFlags) => SettingsRequest;

/** Enough to find the configuration, and a running server by it. */
export function configFlags(command: Command): Command {
  return command
    .option("-c, --config <file>", "the server's configuration (mayfly.yaml beside the media folder)")
    .option("-m, --media <folder>", "the server's media folder (boot-media)");
}

export function placeFlags(command: Command): Command {
  return stateFlag(configFlags(command));
}

export function stateFlag(command: Command): Command {
  return command.option("--state <folder>", "the server's state folder ($STATE_DIRECTORY, else .mayfly)");
}

/** Only what says where the server keeps things: nothing else is a setting. */
export function placeOf({ config, media, state }: PlaceFlags, requestOf: RequestOf): SettingsRequest {
  return requestOf({
    ...(config === undefined ? {} : { config }),
    ...(media === undefined ? {} : { media }),
    ...(state === undefined ? {} : { state }),
  });
}
