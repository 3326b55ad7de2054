/** The options of every command that asks a running server. */

import type { Command } from "commander";
import type { SettingsRequest } from "../config/load.ts";
import type { ListOptions } from "./machines.ts";
import { configFlags, type PlaceFlags, placeOf } from "./place-flags.ts";

/** What says where the server is, and what lets one in there. */
export interface AdminFlags {
  readonly config?: string;
  readonly media?: string;
  readonly admin?: string;
  readonly token?: string;
}

export interface ListFlags extends AdminFlags {
  readonly json?: boolean;
}

export type RequestOf = (flags: AdminFlags & { readonly state?: string }) => SettingsRequest;

export function adminFlags(command: Command): Command {
  return configFlags(command)
    .option(
      "--admin <host:port>",
      "where the server's admin plane is, https://… behind a proxy (127.0.0.1:8081)",
    )
    .option(
      "--token <token>",
      "for a server elsewhere; better in $MAYFLY_TOKEN, which other users cannot see",
    );
}

export function listFlags(command: Command): Command {
  return adminFlags(command).option("--json", "for programs");
}

/** Only what says where the server is, or keeps things: nothing else is a setting. */
export function adminRequest(
  { admin, token, ...places }: AdminFlags & PlaceFlags,
  requestOf: RequestOf,
): SettingsRequest {
  return placeOf(places, (where) =>
    requestOf({
      ...where,
      ...(admin === undefined ? {} : { admin }),
      ...(token === undefined ? {} : { token }),
    }),
  );
}

export function listOptions({ json }: ListFlags): ListOptions {
  const { isTTY, columns } = process.stdout;
  return { json: json === true, ...(isTTY && columns > 0 ? { width: columns } : {}) };
}

export function print(lines: readonly string[]): void {
  for (const line of lines) console.log(line);
}
