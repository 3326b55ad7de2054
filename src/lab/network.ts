/**
 * A virtual LAN: a switch, a router that only gives addresses, and a place for a boot server.
 *
 * It stands for the home network that Mayfly meets: somebody else's DHCP server, which knows nothing
 * of booting, and a boot server beside it. Each part is a network namespace; virtual machines are
 * plugged into the switch.
 */

import { mkdtemp, readFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  createNamespace,
  createSibling,
  findIsolation,
  type Isolation,
  type Namespace,
} from "./namespace.ts";
import type { Program } from "./program.ts";

export interface Lan {
  /** Where virtual machines run: their taps are ports of its bridge. */
  readonly switch: Namespace;
  readonly router: Namespace;
  /** Where the boot server runs; its interface is `eth0`. */
  readonly server: Namespace;
  readonly serverAddress: string;
  /** A folder for what its parts need on disk; goes away with the LAN, even after a SIGKILL. */
  readonly scratch: string;
  /** The router's server of addresses, with a line for each message in its output. */
  readonly dhcp: Program;
  /** Plugs in a namespace with an interface `eth0` that is up and has no address. */
  addHost(name: string): Promise<Namespace>;
  /** Makes a port for a virtual machine, and gives the tap's name. */
  addTap(): Promise<string>;
  /** How many bytes a tap's machine has received so far. */
  receivedBytes(tap: string): Promise<number>;
  /** Limits what a tap's machine receives; without a rate, takes the limit away. */
  limit(tap: string, bitsPerSecond?: number): Promise<void>;
  close(): Promise<void>;
}

const ROUTER_ADDRESS = "10.77.0.1";
const SERVER_ADDRESS = "10.77.0.2";
const DHCP_READY_WITHIN_MS = 10_000;

export interface LanOptions {
  /** Whether the router gives IPv4 addresses, as home routers do; it announces IPv6 in any case. */
  readonly dhcp?: boolean;
  /** What else the router's dnsmasq is told: a next-server, say. */
  readonly routerArguments?: readonly string[];
}

/** Builds the LAN. @throws {@link import("./program.ts").LabError} when this user or machine cannot have one */
export async function createLan({ dhcp = true, routerArguments = [] }: LanOptions = {}): Promise<Lan> {
  const isolation = await findIsolation();
  const scratch = await mkdtemp(join(tmpdir(), "mayfly-lan-"));
  const hub = await createNamespace("switch", isolation, scratch);
  const parts: Parts = { hub, isolation, scratch, dhcp, routerArguments, hosts: [] };
  const close = async (): Promise<void> => {
    await Promise.all(parts.hosts.map((host) => host.close()));
    await hub.close();
  };
  try {
    return { ...(await build(parts)), close };
  } catch (error) {
    await close();
    throw error;
  }
}

interface Parts {
  readonly hub: Namespace;
  readonly isolation: Isolation;
  readonly scratch: string;
  readonly dhcp: boolean;
  readonly routerArguments: readonly string[];
  /** The namespaces beside the switch, as they are made. */
  readonly hosts: Namespace[];
}

async function build(parts: Parts): Promise<Omit<Lan, "close">> {
  const { hub, isolation, scratch, hosts } = parts;
  // Without a forwarding delay, since firmware gives up before a learning port lets its packets pass.
  await hub.run("ip", "link", "add", "br0", "type", "bridge", "forward_delay", "0", "stp_state", "0");
  await hub.run("ip", "link", "set", "br0", "up");

  let ports = 0;
  const addHost = async (name: string): Promise<Namespace> => {
    const host = await createSibling(name, isolation, hub);
    hosts.push(host);
    const port = `port${ports++}`;
    await hub.run(
      ...(["ip", "link", "add", port, "type", "veth"] as const),
      ...["peer", "name", "eth0", "netns", String(host.pid)],
    );
    await hub.run("ip", "link", "set", port, "master", "br0", "up");
    await host.run("ip", "link", "set", "eth0", "up");
    return host;
  };
  const router = await addHost("router");
  const server = await addHost("server");
  await router.run("ip", "address", "add", `${ROUTER_ADDRESS}/24`, "dev", "eth0");
  await router.run("ip", "address", "add", "fd77::1/64", "dev", "eth0", "nodad");
  await server.run("ip", "address", "add", `${SERVER_ADDRESS}/24`, "dev", "eth0");
  await server.run("ip", "route", "add", "default", "via", ROUTER_ADDRESS);

  return {
    switch: hub,
    router,
    server,
    serverAddress: SERVER_ADDRESS,
    scratch,
    dhcp: await startRouter(router, parts),
    addHost,
    async addTap() {
      const tap = `tap${ports++}`;
      await hub.run("ip", "tuntap", "add", tap, "mode", "tap");
      await hub.run("ip", "link", "set", tap, "master", "br0", "up");
      return tap;
    },
    receivedBytes: (tap) => receivedBytes(hub, tap),
    limit: (tap, bitsPerSecond) => limit(hub, tap, bitsPerSecond),
  };
}

/** Gives addresses and nothing about booting, as a home router does. */
async function startRouter(
  router: Namespace,
  { scratch, dhcp: givesAddresses, routerArguments }: Parts,
): Promise<Program> {
  const dhcp = await router.start([
    "dnsmasq",
    "--no-daemon",
    "--conf-file=/dev/null",
    "--port=0",
    "--interface=eth0",
    "--bind-interfaces",
    ...(givesAddresses ? ["--dhcp-range=10.77.0.100,10.77.0.250,1h"] : []),
    "--dhcp-authoritative",
    // It would wait 3 s for an echo before each offer.
    "--no-ping",
    // Without a router advertisement each iPXE waits some 15 s for one.
    "--enable-ra",
    "--dhcp-range=fd77::,ra-only",
    `--dhcp-leasefile=${join(scratch, "leases")}`,
    "--log-dhcp",
    "--log-facility=-",
    ...routerArguments,
  ]);
  await dhcp.waitFor(/router advertisement on|RTR-ADVERT|DHCP, IP range/, DHCP_READY_WITHIN_MS);
  return dhcp;
}

/** The kernel shows a namespace's counters outside of it too; what a tap sends is what its machine receives. */
async function receivedBytes(hub: Namespace, tap: string): Promise<number> {
  const table = await readFile(`/proc/${hub.pid}/net/dev`, "utf8");
  const [, counters = ""] = new RegExp(`^ *${tap}:(.*)$`, "m").exec(table) ?? [];
  return Number(counters.trim().split(/ +/)[8] ?? 0);
}

async function limit(hub: Namespace, tap: string, bitsPerSecond: number | undefined): Promise<void> {
  if (bitsPerSecond === undefined) {
    await hub.run("tc", "qdisc", "del", "dev", tap, "root");
    return;
  }
  // Shallow enough that TCP finds the rate by loss within the first second.
  await hub.run(
    ...(["tc", "qdisc", "replace", "dev", tap, "root"] as const),
    ...["tbf", "rate", `${bitsPerSecond}bit`, "burst", "64kb", "latency", "100ms"],
  );
}
