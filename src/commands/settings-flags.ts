/** The flags of the settings, of every command that reads them as the server does. */

import type { Command } from "commander";
import type { SettingsRequest } from "../config/load.ts";
import type { Flags } from "../config/sources.ts";

export type ServeFlags = Flags & {
  readonly config?: string;
  readonly install?: boolean;
  readonly token?: string;
};

/** The settings that have a flag; what a value must be is checked with all the rest, not here. */
export function settingsFlags(command: Command): Command {
  const each = (value: string, before: readonly string[] | undefined) => [...(before ?? []), value];
  return command
    .option("-c, --config <file>", "the configuration (mayfly.yaml beside the media folder, if it is there)")
    .option("-m, --media <folder>", "the media folder (boot-media)")
    .option("--state <folder>", "what must not be forgotten is kept there ($STATE_DIRECTORY, else .mayfly)")
    .option(
      "-i, --interface <interface>",
      "an interface to serve; may be repeated (all but loopback and containers')",
      each,
    )
    .option("--http-port <port>", "TCP port of what machines fetch (8080)")
    .option("--tftp-port <port>", "UDP port of TFTP (69)")
    .option(
      "--tftp-single-port",
      "TFTP through its request port alone, for machines behind address translation",
    )
    .option("--tftp-block-size <bytes>", "the largest block of TFTP (what the interface carries)")
    .option(
      "--public-address <address>",
      "where machines reach this server, if not at its interface's address",
    )
    .option("--dhcp <mode>", "proxy: beside an existing DHCP server; authoritative, observe, off (proxy)")
    .option("--admin <host:port>", "where the other commands ask this server (127.0.0.1:8081)")
    .option("--unknown <policy>", "machines that nothing matches: ignore, hold, default or local")
    .option("--ipxe <folder>", "a folder to search for boot programs; may be repeated", each)
    .option("--keep-minutes <minutes>", "how long a superseded generation is kept (60)")
    .option("--log-level <level>", "silent, error, warn, info, debug or trace (info)")
    .option("--strict", "stop when a port cannot be opened");
}

/** What a command was started with. */
export function requestOf(
  given: ServeFlags & { readonly interface?: readonly string[] },
  image?: string,
): SettingsRequest {
  const { config, install: _install, interface: interfaces, token, ...flags } = given;
  return {
    flags: interfaces === undefined ? flags : { ...flags, interfaces },
    env: process.env,
    cwd: process.cwd(),
    ...(config === undefined ? {} : { configFile: config }),
    ...(image === undefined ? {} : { image }),
    ...(token === undefined ? {} : { token }),
  };
}
