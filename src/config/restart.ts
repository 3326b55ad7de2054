/** Which settings became different, and which of them a running server cannot take over. */

import { isDeepStrictEqual } from "node:util";
import type { LiveSettings, Settings } from "./settings.ts";

/** The configuration's key of each setting that is fixed at the start. */
const FIXED = {
  mediaFolder: "media",
  stateFolder: "state",
  interfaces: "interfaces",
  httpPort: "httpPort",
  tftpPort: "tftpPort",
  dhcp: "dhcp",
  admin: "admin",
  strict: "strict",
  ipxeFolders: "ipxe",
} as const satisfies Partial<Record<keyof Settings, string>>;

/** Keys that changed and count only after a restart, as they are written in the configuration. */
export function keysForRestart(before: Settings, after: Settings): string[] {
  return (Object.keys(FIXED) as (keyof typeof FIXED)[])
    .filter((name) => !isDeepStrictEqual(before[name], after[name]))
    .map((name) => FIXED[name]);
}

/** Keys of the live part that changed, as they are written in the configuration. */
export function liveChanges(before: LiveSettings, after: LiveSettings): string[] {
  const names = [...new Set([...Object.keys(before), ...Object.keys(after)])] as (keyof LiveSettings)[];
  return names
    .filter((name) => !isDeepStrictEqual(before[name], after[name]))
    .map((name) => (name === "defaultHost" ? "default" : name));
}
