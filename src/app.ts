/** The composition root: builds everything, starts it, and stops it in reverse order. */

import { join } from "node:path";
import { adminOf } from "./admin.ts";
import type { Notice } from "./boot/event.ts";
import { type Arrival, type BootPorts, boundAddress } from "./boot/peer.ts";
import type { ProgramChoice } from "./boot/program/program-choice.ts";
import { identifyScript } from "./boot/script/script.ts";
import type { WantedPort } from "./boot/server/port-advice.ts";
import { describeRefusal, describeReload } from "./config/restart.ts";
import type { DhcpMode, LiveSettings, Settings } from "./config/settings.ts";
import { type Hosts, startHosts } from "./hosts.ts";
import { type Follower, type Interfaces, startInterfaces } from "./interfaces.ts";
import { findBootPrograms, watchBootPrograms } from "./io/boot-programs.ts";
import { type DhcpServer, startDhcpServer } from "./io/dhcp/dhcp-server.ts";
import type { LeaseKeeper } from "./io/dhcp/lease-keeper.ts";
import { watchFile } from "./io/file-watcher.ts";
import { startHttpServer } from "./io/http/http-server.ts";
import { type Journal, startJournal } from "./io/journal.ts";
import { type Attribution, createAttribution } from "./io/ladder/attribution.ts";
import { type Ladders, startLadders } from "./io/ladder/ladders.ts";
import { loadApprovals } from "./io/machines/approvals.ts";
import { startSeenMachines } from "./io/machines/seen-machines.ts";
import { readOwnScript } from "./io/own-script.ts";
import { CONSOLE_PORTS, startPiConsole } from "./io/pi-console.ts";
import { rehearse } from "./io/rehearsal.ts";
import { rememberPis } from "./io/rpi4/pi-memory.ts";
import { followPiTrees } from "./io/rpi4/pi-trees.ts";
import { explainPort } from "./io/system/port-holder.ts";
import { startTftpServer } from "./io/tftp/tftp-server.ts";
import { createWorld, type World } from "./io/world.ts";
import { startLeases } from "./leases.ts";
import { openState, unreadableApproval } from "./state.ts";
import type { Admin } from "./web/admin.ts";
import { type AdminAddress, startAdminServer } from "./web/admin-server.ts";

/** What a started server really serves: a port that could not be opened is absent. */
export interface Served {
  readonly arrivals: readonly Arrival[];
  readonly httpPort: number;
  readonly tftpPort?: number;
  /** Absent: none, be it so configured or because its port could not be opened. */
  readonly dhcp?: Exclude<DhcpMode, "off">;
  /** Where the admin plane is; its port is the one that was taken. */
  readonly admin?: AdminAddress;
}

/** A server that runs. */
export interface App {
  readonly world: World;
  /** As it is now: interfaces come and go. */
  readonly served: Served;
  /** Resolves when an interface is served: at the start, or whenever one comes. */
  readonly serving: Promise<void>;
  stop(): Promise<void>;
}

/**
 * Starts a server; resolves when it has started, be there an interface to serve yet or not.
 *
 * @param reload - reads the settings again, for a configuration that was edited; throws `ConfigError`
 * @throws what keeps it from serving anything; with `strict`, any port that cannot be opened
 */
export async function startApp(settings: Settings, reload: () => Promise<Settings>): Promise<App> {
  await using starting = new AsyncDisposableStack();
  const world = createWorld();
  const journal = starting.adopt(
    await startJournal(world, { level: settings.live.logLevel, readable: process.stderr.isTTY === true }),
    (started) => started.close(),
  );
  const interfaces = starting.adopt(await startInterfaces(world, settings), (started) => started.close());
  const ready = { now: false };
  const store = starting.adopt(await openState(world, settings), (opened) => opened.close());
  const attribution = createAttribution(world);
  const ladders = await startLadders({ world, store });

  await startPrograms(world, settings, starting);
  await startOwnScript(world, settings, starting);
  starting.adopt(await followPiTrees(world, settings.mediaFolder), (folders) => folders.close());
  starting.defer(rememberPis(world));
  const approvals = await loadApprovals(store, (mac) => world.record(unreadableApproval(mac)));
  const hosts = starting.adopt(startHosts(world, settings, approvals), (started) => started.close());
  const live = { now: settings.live };
  await startConfig(world, settings, { reload, journal, hosts, live }, starting);
  const leases = await startLeases(world, settings, live, store);
  await hosts.ready;

  const machines = starting.adopt(startSeenMachines({ world, store }), (started) => started.close());
  const parts = { world, settings, interfaces, hosts, ready, live, attribution, ladders, leases };
  const opened = await openPorts(parts, starting);
  interfaces.follow(opened.followers);
  const admin = await openAdmin(parts, adminOf({ world, hosts, machines, approvals }), starting);
  ready.now = true;
  if (opened.ports.dhcp) startRehearsal(world, leases !== undefined, starting);
  const running = starting.move();
  return {
    world,
    get served() {
      return { ...opened.ports, arrivals: interfaces.now(), ...(admin === undefined ? {} : { admin }) };
    },
    serving: interfaces.serving,
    stop: () => running.disposeAsync(),
  };
}

/** Nobody waits for it. */
function startRehearsal(world: World, givesAddresses: boolean, running: AsyncDisposableStack): void {
  const controller = new AbortController();
  const over = rehearse({ givesAddresses, signal: controller.signal }).catch((error: unknown) =>
    world.record({ type: "bug", via: "rehearsal", error }),
  );
  running.defer(async () => {
    controller.abort();
    await over;
  });
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

interface ConfigParts {
  readonly reload: () => Promise<Settings>;
  readonly journal: Journal;
  readonly hosts: Hosts;
  readonly live: { now: LiveSettings };
}

async function startConfig(
  world: World,
  settings: Settings,
  { reload, journal, hosts, live }: ConfigParts,
  running: AsyncDisposableStack,
): Promise<void> {
  const tell = (notice: Notice) => world.record({ type: "notice", ...notice });
  let current = settings;
  const watcher = await watchFile({
    file: settings.configFile,
    load: reload,
    onLoaded(next) {
      live.now = next.live;
      journal.setLevel(next.live.logLevel);
      hosts.configure(next.live);
      for (const notice of describeReload(current, next)) tell(notice);
      current = next;
    },
    onRefused: (error) => tell(describeRefusal(error)),
  });
  running.adopt(watcher, (started) => started.close());
}

interface PortParts {
  readonly world: World;
  readonly settings: Settings;
  readonly interfaces: Interfaces;
  readonly hosts: Hosts;
  readonly ready: { now: boolean };
  readonly live: { now: LiveSettings };
  readonly attribution: Attribution;
  readonly ladders: Ladders;
  readonly leases: LeaseKeeper | undefined;
}

interface OpenedPorts {
  readonly ports: Omit<Served, "arrivals" | "admin">;
  readonly followers: readonly Follower[];
}

/** Opens what may be opened; each port that may not is told with its cure. Without HTTP nothing could boot. */
async function openPorts(parts: PortParts, running: AsyncDisposableStack): Promise<OpenedPorts> {
  const { world, settings, hosts } = parts;
  const { shelf } = hosts;
  const interfaces = parts.interfaces.now();
  const http = await openHttp(parts, running);
  const ports = { http: http.port, tftp: settings.tftpPort };
  const tftpWanted = { protocol: "udp", port: ports.tftp, purpose: "tftp" } as const;
  const singlePort = settings.tftpSinglePort ?? parts.interfaces.isBehindTranslation;
  const tftp = await openPort(parts, tftpWanted, () =>
    startTftpServer({
      ...{ world, shelf, interfaces, ports, identifyScript, singlePort, whose: parts.attribution.whose },
      ...(settings.tftpBlockSize === undefined ? {} : { maxBlockSize: settings.tftpBlockSize }),
    }),
  );
  if (tftp !== undefined) running.adopt(tftp, (server) => server.close());
  const dhcpWanted = { protocol: "udp", port: 67, purpose: "dhcp" } as const;
  const dhcp = await openDhcp(parts, dhcpWanted, ports);
  if (dhcp !== undefined) running.adopt(dhcp, (server) => server.close());
  const tftpPort = tftp && ([...tftp.ports.values()][0] ?? settings.tftpPort);
  return {
    ports: {
      httpPort: ports.http,
      ...(tftpPort === undefined ? {} : { tftpPort }),
      ...(dhcp === undefined || settings.dhcp === "off" ? {} : { dhcp: settings.dhcp }),
    },
    followers: [
      http.follower,
      ...(tftp === undefined ? [] : [{ wanted: tftpWanted, setInterfaces: tftp.setInterfaces }]),
      ...(dhcp === undefined ? [] : [{ wanted: dhcpWanted, setInterfaces: dhcp.setInterfaces }]),
      ...(await openPiConsole(parts, running)),
    ],
  };
}

/** What Raspberry Pis say while they start, where the operator wants to read it. */
async function openPiConsole(parts: PortParts, running: AsyncDisposableStack): Promise<readonly Follower[]> {
  const { world, settings } = parts;
  if (!settings.piConsole) return [];
  const wanted = { protocol: "udp", port: CONSOLE_PORTS[0], purpose: "piConsole" } as const;
  const open = () => startPiConsole({ world, interfaces: parts.interfaces.now() });
  const started = await openPort(parts, wanted, open);
  if (started === undefined) return [];
  running.adopt(started, (listener) => listener.close());
  return [{ wanted, setInterfaces: started.setInterfaces }];
}

async function openDhcp(
  parts: PortParts,
  wanted: WantedPort,
  ports: BootPorts,
): Promise<DhcpServer | undefined> {
  const { world, settings, attribution, ladders, leases } = parts;
  if (settings.dhcp === "off") return undefined;
  const observes = settings.dhcp === "observe";
  return openPort(parts, wanted, () =>
    startDhcpServer({
      ...{ world, interfaces: parts.interfaces.now(), ports, native: "auto", attribution, ladders, observes },
      ...(leases === undefined ? {} : { leases }),
    }),
  );
}

async function openAdmin(
  parts: PortParts,
  admin: Admin,
  running: AsyncDisposableStack,
): Promise<AdminAddress | undefined> {
  const { host, port } = parts.settings.admin;
  const server = await openPort(parts, { protocol: "tcp", port, purpose: "admin" }, () =>
    startAdminServer(admin, { host, port }),
  );
  if (server === undefined) return undefined;
  return running.adopt(server, (started) => started.close()).address;
}

/** The served interfaces, and the machine itself: curl on the server is the first thing that people try. */
async function openHttp(
  { world, settings, interfaces, hosts, ready, live }: PortParts,
  running: AsyncDisposableStack,
): Promise<{ readonly port: number; readonly follower: Follower }> {
  const wanted = { protocol: "tcp", port: settings.httpPort, purpose: "http" } as const;
  const own = { host: "127.0.0.1", port: settings.httpPort };
  try {
    const http = await startHttpServer({
      world,
      shelf: hosts.shelf,
      addresses: [own],
      ready: () => ready.now && interfaces.now().length > 0,
      onNamed: (generation) => hosts.touch(generation),
      maxTransfers: () => live.now.maxTransfers,
    });
    running.adopt(http, (server) => server.close());
    const port = http.addresses[0]?.port ?? settings.httpPort;
    const setInterfaces = (arrivals: readonly Arrival[]) => {
      const others = [...new Set(arrivals.map(boundAddress))].filter((host) => host !== own.host);
      return http.setAddresses([own, ...others.map((host) => ({ host, port }))]);
    };
    await setInterfaces(interfaces.now());
    return { port, follower: { wanted, setInterfaces } };
  } catch (error) {
    return failPort(wanted, error);
  }
}

async function openPort<Server>(
  { world, settings }: PortParts,
  wanted: WantedPort,
  open: () => Promise<Server>,
): Promise<Server | undefined> {
  try {
    return await open();
  } catch (error) {
    if (settings.strict) return failPort(wanted, error);
    world.record({ type: "notice", level: "warn", ...(await explainPort(wanted, error)) });
    return undefined;
  }
}

async function failPort(wanted: WantedPort, error: unknown): Promise<never> {
  const { text, cure } = await explainPort(wanted, error);
  throw new Error(`${text}; ${cure}`, { cause: error });
}
