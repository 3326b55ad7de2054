/** `mayfly doctor`: what keeps machines from booting here, and the cure. */

import { access, readFile } from "node:fs/promises";
import { join } from "node:path";
import { configFindings, examine } from "../boot/doctor/examine.ts";
import type { Facts, WrittenFolder } from "../boot/doctor/facts.ts";
import { type Finding, formatFinding } from "../boot/doctor/finding.ts";
import { type Arrival, boundAddress } from "../boot/peer.ts";
import { recogniseContainer } from "../boot/server/container.ts";
import { chooseInterfaces, type PresentInterface } from "../boot/server/served-interfaces.ts";
import type { SettingsRequest } from "../config/load.ts";
import { ConfigError, formatMistake } from "../config/mistake.ts";
import type { Settings } from "../config/settings.ts";
import { findBootPrograms } from "../io/boot-programs.ts";
import { readFirewall } from "../io/doctor/firewall-facts.ts";
import { newestImageMs } from "../io/doctor/image-times.ts";
import { readPortFacts, type TriedPort } from "../io/doctor/port-facts.ts";
import { probeNetworks } from "../io/doctor/probe-networks.ts";
import { readDisks, readStateFacts } from "../io/doctor/state-facts.ts";
import { CONSOLE_PORTS } from "../io/pi-console.ts";
import { readContainerFacts } from "../io/system/container.ts";
import { presentInterfaces } from "../io/system/interfaces.ts";
import { lookOnce } from "../known-world.ts";
import { findServer } from "./find-server.ts";
import { loadChecked, shownPath } from "./load-checked.ts";

export interface DoctorOptions {
  readonly json: boolean;
  /** For how many seconds the networks are asked who else serves them; absent: nothing is sent. */
  readonly probeSeconds?: number;
  readonly print: (text: string) => void;
}

/** Something is wrong, and was told. */
export class FaultError extends Error {
  override readonly name = "FaultError";
}

/** The configuration has mistakes, which were told. */
export class MistakesError extends Error {
  override readonly name = "MistakesError";
}

/**
 * Prints one line for each thing that was looked at, or all of them as JSON.
 *
 * @throws {@link FaultError} when there is a fault, {@link MistakesError} when the configuration cannot be read
 */
export async function doctor(
  request: SettingsRequest,
  { json, probeSeconds, print }: DoctorOptions,
): Promise<void> {
  const settings = await loadChecked(request).catch((error: unknown) => {
    if (error instanceof ConfigError) return error;
    throw error;
  });
  const findings =
    settings instanceof ConfigError
      ? configFindings(settings.mistakes.map(formatMistake))
      : examine(await gather(settings, await configOf(request, settings), probeSeconds));
  print(json ? JSON.stringify({ findings }, undefined, 2) : findings.map(formatFinding).join("\n"));
  const faults = countOf(findings.filter(({ level }) => level === "fault"));
  if (settings instanceof ConfigError) throw new MistakesError(`the configuration cannot be used: ${faults}`);
  if (faults !== undefined) throw new FaultError(faults);
}

function countOf({ length }: readonly Finding[]): string | undefined {
  return length === 0 ? undefined : length === 1 ? "one fault" : `${length} faults`;
}

async function configOf(request: SettingsRequest, { configFile }: Settings): Promise<Facts["config"]> {
  const isThere = await access(configFile).then(
    () => true,
    () => false,
  );
  return { file: shownPath(request, configFile), isThere };
}

async function gather(
  settings: Settings,
  config: Facts["config"],
  probeSeconds: number | undefined,
): Promise<Facts> {
  const present = await presentInterfaces();
  const { interfaces: named, publicAddress } = settings;
  const wishes = { named, ...(publicAddress === undefined ? {} : { publicAddress }) };
  const { arrivals } = chooseInterfaces(present, wishes);
  const state = await readStateFacts(settings.stateFolder);
  const { snapshot } = await lookOnce(settings, state.trouble === undefined ? "read" : "skip");
  const server = await findServer(settings);
  const maxWatches = await numberIn("/proc/sys/fs/inotify/max_user_watches");
  const newest = await newestImageMs(join(settings.mediaFolder, "hosts"), snapshot.generations.values());
  return {
    nowMs: Date.now(),
    config,
    ...(server === undefined ? {} : { server }),
    ports: await readPortFacts(portsOf(settings, arrivals), arrivals),
    network: await networkOf(settings, present, arrivals),
    firewall: await readFirewall(),
    programs: await findBootPrograms({
      ownFolder: join(settings.mediaFolder, "ipxe"),
      ipxeFolders: settings.ipxeFolders,
    }),
    snapshot,
    imagePaths: new Map(
      settings.live.hosts.flatMap(({ name, image }) => (image === undefined ? [] : [[name, image] as const])),
    ),
    state,
    disks: await readDisks(settings.stateFolder, writtenFolders(settings)),
    ...(probeSeconds === undefined ? {} : { probe: await probeNetworks(arrivals, probeSeconds) }),
    ...(maxWatches === undefined ? {} : { maxWatches }),
    ...(newest === undefined ? {} : { newestImageMs: newest }),
  };
}

async function networkOf(
  { interfaces: named, publicAddress, dhcp, tftpBlockSize }: Settings,
  present: readonly PresentInterface[],
  arrivals: readonly Arrival[],
): Promise<Facts["network"]> {
  const names = arrivals.map((each) => each.interface);
  return {
    present,
    named,
    container: recogniseContainer(await readContainerFacts(names), arrivals),
    dhcp: dhcp !== "off",
    givesAddresses: dhcp === "authoritative",
    ...(publicAddress === undefined ? {} : { publicAddress }),
    ...(tftpBlockSize === undefined ? {} : { tftpBlockSize }),
  };
}

/** Those beside the state folder. */
function writtenFolders({ storeFolder, mediaFolder, live }: Settings): readonly WrittenFolder[] {
  const hasLinks = live.hosts.some(({ flake, image }) => flake !== undefined && image === undefined);
  return [
    ...(live.storeMaxBytes > 0 ? [{ purpose: "store", folder: storeFolder } as const] : []),
    ...(hasLinks ? [{ purpose: "media", folder: join(mediaFolder, "hosts") } as const] : []),
  ];
}

const LOOPBACK = "127.0.0.1";

/** Those that `serve` would open. Port 0 is any free one, and can always be had. */
function portsOf(settings: Settings, arrivals: readonly Arrival[]): TriedPort[] {
  const { dhcp, tftpPort, httpPort, admin, piConsole, syslogPort } = settings;
  const own = [...new Set(arrivals.map(boundAddress))];
  // Where there is no interface yet, what this user may do shows on loopback.
  const hosts = own.length === 0 ? [LOOPBACK] : own;
  const udp = (port: number, purpose: TriedPort["purpose"]): TriedPort => ({
    protocol: "udp",
    port,
    purpose,
    hosts,
  });
  const tried: TriedPort[] = [
    ...(dhcp === "off" ? [] : [udp(67, "dhcp"), udp(4011, "dhcp")]),
    udp(tftpPort, "tftp"),
    { protocol: "tcp", port: httpPort, purpose: "http", hosts: [...new Set([LOOPBACK, ...own])] },
    { protocol: "tcp", port: admin.port, purpose: "admin", hosts: [admin.host] },
    ...(piConsole ? [udp(CONSOLE_PORTS[0], "piConsole")] : []),
    ...(syslogPort === undefined ? [] : [udp(syslogPort, "syslog")]),
  ];
  return tried.filter(({ port }) => port !== 0);
}

async function numberIn(file: string): Promise<number | undefined> {
  const text = await readFile(file, "utf8").catch(() => "");
  return /^\d+$/.test(text.trim()) ? Number(text) : undefined;
}
