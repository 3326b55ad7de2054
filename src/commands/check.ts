/** `mayfly check`: reads the configuration and says everything that is wrong with it, or odd about it. */

import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { type HostTable, hostTable } from "../boot/hosts.ts";
import type { SettingsRequest } from "../config/load.ts";
import { ConfigError } from "../config/mistake.ts";
import type { Settings } from "../config/settings.ts";
import { formatIpv4Prefix } from "../wire/net/ipv4-prefix.ts";
import { explainMissing } from "./explain-missing.ts";
import { loadChecked, shownPath } from "./load-checked.ts";

/**
 * Checks the configuration as `serve` would read it.
 *
 * @returns lines for a person: what was read, and what is worth knowing
 * @throws ConfigError with every mistake
 */
export async function check(request: SettingsRequest): Promise<string[]> {
  const settings = await loadChecked(request);
  const hosts = join(settings.mediaFolder, "hosts");
  const entries = await readdir(hosts).catch((error: unknown) => `${hosts}: ${explainMissing(error)}`);
  const isRead = typeof entries !== "string";
  const table = hostTable(settings.live, isRead ? entries : []);
  const notes = table.notices.map(({ text, cure }) => (cure === undefined ? text : `${text}; ${cure}`));
  return [
    await headline(request, settings),
    `${count(table.hosts.length, "host")}, ${unknownText(table)}`,
    ...addressText(settings),
    ...(isRead ? [] : [entries]),
    ...(await missingImages(settings)),
    ...notes,
  ];
}

/**
 * The same as one JSON object: `mistakes`, each with its place, and `notes` where there is none.
 *
 * @throws ConfigError with every mistake, when they were printed
 */
export async function checkForPrograms(
  request: SettingsRequest,
  print: (text: string) => void,
): Promise<void> {
  try {
    print(JSON.stringify({ mistakes: [], notes: await check(request) }, undefined, 2));
  } catch (error) {
    if (error instanceof ConfigError)
      print(JSON.stringify({ mistakes: error.mistakes, notes: [] }, undefined, 2));
    throw error;
  }
}

async function headline(request: SettingsRequest, { configFile }: Settings): Promise<string> {
  const shown = shownPath(request, configFile);
  const isThere = await stat(configFile).then(
    () => true,
    () => false,
  );
  return isThere ? `${shown}: no mistakes` : `${shown} is not there: the defaults count`;
}

function unknownText({ defaultHost, strangers }: HostTable): string {
  if (defaultHost !== undefined) return `unknown machines boot as '${defaultHost}'`;
  if (strangers === undefined) return "unknown machines are left alone";
  return strangers === "hold"
    ? "unknown machines wait to be approved"
    : "unknown machines go on with their next boot option";
}

/** Which addresses are given, or that they are not, though subnets are configured. */
function addressText({ dhcp, live }: Settings): string[] {
  if (live.subnets.length === 0) return [];
  if (dhcp === "proxy" || dhcp === "off") {
    return [`the subnets do not count with 'dhcp: ${dhcp}'; 'dhcp: authoritative' gives their addresses`];
  }
  return live.subnets.map((subnet) => {
    const pools = subnet.pools.map(({ first, last }) => `${first}-${last}`).join(", ");
    return `${formatIpv4Prefix(subnet)}: ${pools === "" ? "reserved addresses only" : pools}`;
  });
}

async function missingImages({ live }: Settings): Promise<string[]> {
  const lines = live.hosts.map(async ({ name, image }) => {
    if (image === undefined) return [];
    const missing = (error: unknown) => [`the image of ${name}, ${image}: ${explainMissing(error)}`];
    return stat(image).then(() => [], missing);
  });
  return (await Promise.all(lines)).flat();
}

function count(number: number, word: string): string {
  return `${number} ${word}${number === 1 ? "" : "s"}`;
}
