/** Opens the ports of a server: what may not be opened is told with its cure, and the rest is served. */

import { type Arrival, type BootPorts, boundAddress } from "./boot/peer.ts";
import { identifyScript } from "./boot/script/script.ts";
import type { WantedPort } from "./boot/server/port-advice.ts";
import type { DhcpMode, LiveSettings, Settings } from "./config/settings.ts";
import type { Hosts } from "./hosts.ts";
import type { Follower, Interfaces } from "./interfaces.ts";
import type { Wiretap } from "./io/capture/wiretap.ts";
import type { CheckIns } from "./io/check-in/check-ins.ts";
import { type DhcpServer, startDhcpServer } from "./io/dhcp/dhcp-server.ts";
import type { RefusedLine } from "./io/dhcp/dhcp-socket.ts";
import type { LeaseKeeper } from "./io/dhcp/lease-keeper.ts";
import { startHttpServer } from "./io/http/http-server.ts";
import { listenWhereAble, type Unheard } from "./io/http/listen-where-able.ts";
import type { KexecDesk } from "./io/kexec/kexec-desk.ts";
import type { Attribution } from "./io/ladder/attribution.ts";
import type { Ladders } from "./io/ladder/ladders.ts";
import { type OtherServers, startOtherServers } from "./io/other-servers.ts";
import { CONSOLE_PORTS, startPiConsole } from "./io/pi-console.ts";
import { startSyslog } from "./io/syslog.ts";
import { explainPort } from "./io/system/port-holder.ts";
import { startTftpServer } from "./io/tftp/tftp-server.ts";
import type { TransferBoard } from "./io/transfer-board.ts";
import type { World } from "./io/world.ts";
import type { Admin } from "./web/admin.ts";
import { type AdminAddress, startAdminServer } from "./web/admin-server.ts";
import { SYSLOG_PORT } from "./wire/syslog/message.ts";

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

/** What the ports of a server need of it. */
export interface PortParts {
  readonly world: World;
  readonly settings: Settings;
  readonly interfaces: Interfaces;
  readonly hosts: Hosts;
  readonly ready: { now: boolean };
  readonly live: { now: LiveSettings };
  readonly attribution: Attribution;
  readonly ladders: Ladders;
  readonly leases: LeaseKeeper | undefined;
  readonly checkIns: CheckIns;
  readonly kexec: KexecDesk;
  readonly transfers: TransferBoard;
  readonly wiretap: Wiretap;
}

/** The ports that are open, and what follows the interfaces. */
export interface OpenedPorts {
  readonly ports: Omit<Served, "arrivals" | "admin">;
  readonly followers: readonly Follower[];
  /** Who else serves these networks; absent where DHCP is not served. */
  readonly otherServers: OtherServers | undefined;
}

/** Opens what may be opened; each port that may not is told with its cure. Without HTTP nothing could boot. */
export async function openPorts(parts: PortParts, running: AsyncDisposableStack): Promise<OpenedPorts> {
  const { world, settings, hosts, transfers } = parts;
  const { shelf } = hosts;
  // Reading the images took its time: an address may have gone or come since.
  await parts.interfaces.lookAgain();
  const interfaces = parts.interfaces.now();
  const logs = await openSyslog(parts, running);
  const http = await openHttp(parts, running, logs?.wanted.port === SYSLOG_PORT);
  const ports = { http: http.port, tftp: settings.tftpPort, ...(logs && { syslog: logs.wanted.port }) };
  const tftpWanted = { protocol: "udp", port: ports.tftp, purpose: "tftp" } as const;
  const singlePort = settings.tftpSinglePort ?? parts.interfaces.isBehindTranslation;
  const tftp = await openPort(parts, tftpWanted, () =>
    startTftpServer({
      ...{ world, shelf, interfaces, ports, identifyScript, singlePort, whose: parts.attribution.whose },
      beginBoot: parts.checkIns.beginBoot,
      transfers,
      wire: parts.wiretap.wire,
      ...(settings.tftpBlockSize === undefined ? {} : { maxBlockSize: settings.tftpBlockSize }),
    }),
  );
  if (tftp !== undefined) running.adopt(tftp, (server) => server.close());
  const dhcpWanted = { protocol: "udp", port: 67, purpose: "dhcp" } as const;
  const dhcp = await openDhcp(parts, dhcpWanted, ports);
  if (dhcp !== undefined) running.adopt(dhcp, (server) => server.close());
  const otherServers = dhcp && (await hearOthers(parts, running));
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
      ...(otherServers === undefined
        ? []
        : [{ wanted: dhcpWanted, setInterfaces: otherServers.setInterfaces }]),
      ...(await openPiConsole(parts, running)),
      ...(logs === undefined ? [] : [logs]),
    ],
    otherServers,
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

/** What machines log, where the operator wants it in the timeline; iPXE is told only where it is open. */
async function openSyslog(parts: PortParts, running: AsyncDisposableStack): Promise<Follower | undefined> {
  const { world, settings } = parts;
  const { syslogPort: port } = settings;
  if (port === undefined) return undefined;
  const wanted = { protocol: "udp", port, purpose: "syslog" } as const;
  const open = () => startSyslog({ world, interfaces: parts.interfaces.now(), port });
  const started = await openPort(parts, wanted, open);
  if (started === undefined) return undefined;
  running.adopt(started, (listener) => listener.close());
  return { wanted, setInterfaces: started.setInterfaces };
}

async function openDhcp(
  parts: PortParts,
  wanted: WantedPort,
  ports: BootPorts,
): Promise<DhcpServer | undefined> {
  const { world, settings, attribution, ladders, leases } = parts;
  if (settings.dhcp === "off") return undefined;
  const observes = settings.dhcp === "observe";
  const interfaces = parts.interfaces.now();
  const server = await openPort(parts, wanted, async () => {
    const started = await startDhcpServer({
      ...{ world, interfaces, ports, native: "auto", attribution, ladders, observes },
      wire: parts.wiretap.wire,
      ...(leases === undefined ? {} : { leases }),
    });
    const [first] = started.refused;
    if (first === undefined || !settings.strict) return started;
    await started.close();
    throw first.error;
  });
  if (server !== undefined) await tellRefused(parts, wanted, server.refused);
  return server;
}

/** The interfaces that other servers have, each with the way to say that this is meant so. */
async function tellRefused(
  { world, interfaces }: PortParts,
  wanted: WantedPort,
  refused: readonly RefusedLine[],
): Promise<void> {
  const names = new Set(interfaces.now().map((each) => each.interface));
  for (const each of refused) names.delete(each.interface);
  const others = [...names].map((name) => `--interface ${name}`).join(" ");
  for (const { interface: name, port, error } of refused) {
    const { text, cure } = await explainPort({ ...wanted, port }, error);
    const lacks = port === wanted.port ? "gets no DHCP" : "gets DHCP in part";
    // Two that lack a port each leave no interface to name.
    const way = others === "" ? cure : `${cure}, or leave it out: '${others}'`;
    world.record({ type: "notice", level: "warn", text: `${name} ${lacks}: ${text}`, cure: way });
  }
}

async function hearOthers(parts: PortParts, running: AsyncDisposableStack): Promise<OtherServers> {
  const { world, interfaces, leases } = parts;
  const started = await startOtherServers({
    ...{ world, interfaces: interfaces.now(), givesAddresses: leases !== undefined },
  });
  return running.adopt(started, (others) => others.close());
}

/** Opens the admin plane; `undefined` where its port cannot be had, which was told then. */
export async function openAdmin(
  parts: PortParts,
  admin: Admin,
  running: AsyncDisposableStack,
): Promise<AdminAddress | undefined> {
  const { host, port } = parts.settings.admin;
  const server = await openPort(parts, { protocol: "tcp", port, purpose: "admin" }, () =>
    startAdminServer(admin, { host, port }),
  );
  if (server === undefined) return undefined;
  running.defer(() => admin.events.close());
  return running.adopt(server, (started) => started.close()).address;
}

/** The served interfaces, and the machine itself: curl on the server is the first thing that people try. */
async function openHttp(
  parts: PortParts,
  running: AsyncDisposableStack,
  takesLogs: boolean,
): Promise<{ readonly port: number; readonly follower: Follower }> {
  const { world, settings, interfaces, hosts, ready, live, checkIns, kexec, transfers, attribution } = parts;
  const wanted = { protocol: "tcp", port: settings.httpPort, purpose: "http" } as const;
  const own = { host: "127.0.0.1", port: settings.httpPort };
  try {
    const http = await startHttpServer({
      world,
      shelf: hosts.shelf,
      addresses: [own],
      ready: () => ready.now && interfaces.now().length > 0,
      onNamed: (generation) => hosts.touch(generation),
      wasPublished: (generation) => hosts.wasPublished(generation),
      checkIns,
      isShared: attribution.isShared,
      kexec,
      maxTransfers: () => live.now.maxTransfers,
      transfers,
      wire: parts.wiretap.wire,
      takesLogs,
    });
    running.adopt(http, (server) => server.close());
    const port = http.addresses[0]?.port ?? settings.httpPort;
    const others = (arrivals: readonly Arrival[]) =>
      [...new Set(arrivals.map(boundAddress))]
        .filter((host) => host !== own.host)
        .map((host) => ({ host, port }));
    const unheard = await listenWhereAble(http, own, others(interfaces.now()));
    if (unheard !== undefined) await tellUnheard(parts, wanted, unheard);
    const setInterfaces = (arrivals: readonly Arrival[]) => http.setAddresses([own, ...others(arrivals)]);
    return { port, follower: { wanted, setInterfaces } };
  } catch (error) {
    return failPort(wanted, error);
  }
}

/** @throws with `strict` */
async function tellUnheard(
  { world, settings }: PortParts,
  wanted: WantedPort,
  { hosts, error }: Unheard,
): Promise<void> {
  if (settings.strict) throw error;
  const { text, cure } = await explainPort(wanted, error);
  const where = `machines cannot fetch from ${hosts.join(" and ")}`;
  world.record({ type: "notice", level: "warn", text: `${where}: ${text}`, cure });
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
