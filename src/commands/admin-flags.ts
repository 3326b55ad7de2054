/** The flags of the commands that ask a running server. */

import type { Command } from "commander";
import type { SettingsRequest } from "../config/load.ts";
import type { ListOptions } from "./machines.ts";

/** What says where the server is. */
export interface AdminFlags {
  readonly config?: string;
  readonly media?: string;
  readonly admin?: string;
}

export interface ListFlags extends AdminFlags {
  readonly json?: boolean;
}

export type RequestOf = (flags: AdminFlags) => SettingsRequest;

export function adminFlags(command: Command): Command {
  return command
    .option("-c, --config <file>", "the server's configuration (mayfly.yaml beside the media folder)")
    .option("-m, --media <folder>", "the server's media folder (boot-media)")
    .option("--admin <host:port>", "where the server's admin plane is (127.0.0.1:8081)");
}

export function listFlags(command: Command): Command {
  return adminFlags(command).option("--json", "for programs");
}

/** Only what says where the server is: nothing else is a setting. */
export function adminRequest({ config, media, admin }: AdminFlags, requestOf: RequestOf): SettingsRequest {
  return requestOf({
    ...(config === undefined ? {} : { config }),
    ...(media === undefined ? {} : { media }),
    ...(admin === undefined ? {} : { admin }),
  });
}

export function listOptions({ json }: ListFlags): ListOptions {
  const { isTTY, columns } = process.stdout;
  return { json: json === true, ...(isTTY && columns > 0 ? { width: columns } : {}) };
}

export function print(lines: readonly string[]): void {
  for (const line of lines) console.log(line);
}
