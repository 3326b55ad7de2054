/** Which settings became different, which of them a running server cannot take over, and how that is told. */

import { isDeepStrictEqual } from "node:util";
import type { Notice } from "../boot/event.ts";
import { ConfigError, formatMistake } from "./mistake.ts";
import type { LiveSettings, Settings } from "./settings.ts";

/** The configuration's key of each setting that is fixed at the start. */
const FIXED = {
  mediaFolder: "media",
  stateFolder: "state",
  storeFolder: "storeFolder",
  interfaces: "interfaces",
  httpPort: "httpPort",
  tftpPort: "tftpPort",
  tftpSinglePort: "tftpSinglePort",
  tftpBlockSize: "tftpBlockSize",
  publicAddress: "publicAddress",
  dhcp: "dhcp",
  admin: "admin",
  adminNames: "adminNames",
  adminToken: "adminToken",
  piConsole: "piConsole",
  syslogPort: "syslog",
  strict: "strict",
  ipxeFolders: "ipxe",
  traces: "traces",
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
  const changed = names.filter((name) => !isDeepStrictEqual(before[name], after[name]));
  return [...new Set(changed.map((name) => keyOf(name, changed)))];
}

function keyOf(name: keyof LiveSettings, changed: readonly (keyof LiveSettings)[]): string {
  if (name === "defaultHost") return "default";
  if (name === "storeMaxBytes") return "storeMaxGigabytes";
  // They are written with the hosts and in the subnets.
  if (name === "reservations") return changed.includes("hosts") ? "hosts" : "subnets";
  return name;
}

/**
 * Tells what a configuration that was edited changes.
 *
 * @param before - as it was read the last time, so that nothing is told twice
 */
export function describeReload(before: Settings, after: Settings): Notice[] {
  const live = liveChanges(before.live, after.live);
  const fixed = keysForRestart(before, after);
  const applied: Notice = {
    level: "info",
    text: `the configuration was read again: ${live.join(", ")} changed`,
  };
  const waiting: Notice = {
    level: "warn",
    text: `${fixed.join(", ")} changed in the configuration, which counts after a restart`,
    cure: "restart mayfly",
  };
  return [...(live.length === 0 ? [] : [applied]), ...(fixed.length === 0 ? [] : [waiting])];
}

/** Tells why a configuration that was edited is not used. */
export function describeRefusal(error: unknown): Notice {
  const why =
    error instanceof ConfigError
      ? error.mistakes.map(formatMistake).join("; ")
      : error instanceof Error
        ? error.message
        : String(error);
  return {
    level: "warn",
    text: `the configuration is refused and the old one stays: ${why}`,
    cure: "mend it: it is read again as soon as it is saved",
  };
}
