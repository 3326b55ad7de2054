/**
 * Recognises that we run in a container whose network is not that of the machines.
 *
 * On a bridge network of its engine a container hears nothing that is broadcast on the LAN, and machines
 * reach it by ports that the host publishes, through address translation. DHCP seems to be served then,
 * and no machine ever asks.
 */

import { decodeIpv4, type Ipv4 } from "../../wire/net/ipv4.ts";
import type { Notice } from "../event.ts";
import type { Arrival } from "../peer.ts";

/** What the system shows of it. A file that cannot be read is an empty text. */
export interface ContainerFacts {
  /** Files that engines put into their containers: `/.dockerenv`, `/run/.containerenv`. */
  readonly markers: readonly string[];
  /** `/proc/self/cgroup`. */
  readonly cgroup: string;
  /** `/proc/self/mountinfo`. */
  readonly mounts: string;
  /** `/proc/net/route`. */
  readonly routes: string;
  /** The environment: `container`, `KUBERNETES_SERVICE_HOST`. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Whether our network is that of the container's first process; false in a namespace made within. */
  readonly isFirstNetwork: boolean;
  /** What kinds of interfaces there are. */
  readonly devices: readonly DeviceFacts[];
}

export interface DeviceFacts {
  readonly name: string;
  /** As the kernel calls it: `veth`, `macvlan`, `vlan`, `tun` …; absent: a card. */
  readonly kind?: string;
}

export type Engine = "docker" | "podman" | "kubernetes" | "container";

export type ContainerNetwork =
  /** No container, or one that is on the network itself: of the host, macvlan, or a card of its own. */
  | { readonly type: "direct" }
  | {
      readonly type: "bridge";
      readonly engine: Engine;
      readonly interface: string;
      /** The engine's end of it, where a default route names one. */
      readonly gateway?: Ipv4;
    };

/** Recognises the network that the served interfaces are on. Pure. */
export function recogniseContainer(facts: ContainerFacts, arrivals: readonly Arrival[]): ContainerNetwork {
  const engine = engineOf(facts);
  if (engine === undefined || !facts.isFirstNetwork) return { type: "direct" };
  const isInner = (name: string) => facts.devices.some((each) => each.name === name && isEngines(each));
  const [first] = arrivals;
  // With a second network that is no bridge's there is one that machines may be on.
  if (first === undefined || !arrivals.every((each) => isInner(each.interface))) return { type: "direct" };
  const gateway = defaultGateway(facts.routes, first.interface);
  return {
    type: "bridge",
    engine,
    interface: first.interface,
    ...(gateway === undefined ? {} : { gateway }),
  };
}

function engineOf({ markers, cgroup, mounts, env }: ContainerFacts): Engine | undefined {
  const origin = mountedOverEtc(mounts);
  if (
    env.KUBERNETES_SERVICE_HOST !== undefined ||
    /\/kubepods/.test(cgroup) ||
    /\/kubelet\/pods\//.test(origin)
  ) {
    return "kubernetes";
  }
  if (markers.includes("/run/.containerenv") || env.container === "podman") return "podman";
  if (markers.includes("/.dockerenv") || /\/docker[/-]/.test(cgroup) || /\/docker\//.test(origin))
    return "docker";
  // LXC and systemd-nspawn have containers too, but theirs are whole machines, usually on the LAN itself.
  return /\/(containers|containerd|crio|libpod)\//.test(origin) ? "container" : undefined;
}

/**
 * What lies over the files of `/etc` that an engine writes for each of its containers.
 *
 * Reads `mountinfo`: number, parent, device, the path inside the file system, where it is mounted, and more.
 * On the engine's own host its folders are mounted as well, but elsewhere.
 */
function mountedOverEtc(mounts: string): string {
  const rows = mounts.split("\n").map((line) => line.split(" "));
  return rows
    .filter(([, , , , place = ""]) => /^\/etc\/(hostname|hosts|resolv\.conf)$/.test(place))
    .map(([, , , root = ""]) => root)
    .join("\n");
}

/** One end of a pair whose other end the engine has, or a program's for containers without root. */
function isEngines({ kind }: DeviceFacts): boolean {
  return kind === "veth" || kind === "tun";
}

/** Reads `/proc/net/route`: name, destination, gateway, flags, and more, the addresses in hex. */
function defaultGateway(routes: string, device: string): Ipv4 | undefined {
  for (const line of routes.split("\n").slice(1)) {
    const [name, destination, gateway = ""] = line.split("\t");
    if (name !== device || destination !== "00000000" || !/^[0-9A-F]{8}$/.test(gateway)) continue;
    // Printed as a number in the machine's byte order: on every machine with containers the low byte is first.
    const bytes = Uint8Array.from(gateway.match(/../g) ?? [], (each) => Number.parseInt(each, 16)).reverse();
    return decodeIpv4(bytes);
  }
  return undefined;
}

/** What the operator should know about it, if anything. @param dhcp - whether DHCP is to be served */
export function describeContainer(
  network: ContainerNetwork,
  arrivals: readonly Arrival[],
  dhcp: boolean,
): Notice | undefined {
  if (network.type === "direct") return undefined;
  const address = arrivals.find((each) => each.interface === network.interface)?.self ?? "";
  const behind = network.gateway === undefined ? "" : ` behind ${network.gateway}`;
  const text = `this is a ${NAMES[network.engine]} on a bridge network (${network.interface}, ${address}${behind})`;
  const cure = `${RUN[network.engine]}; or have the network's own DHCP server name the boot program ('mayfly print-config' says how), with '--dhcp off' here, ports 69/udp and 8080/tcp published, and publicAddress set to the host's address`;
  if (dhcp) {
    return {
      level: "warn",
      text: `${text}: what machines broadcast on the LAN does not reach it, so DHCP is not heard here`,
      cure,
    };
  }
  // Whoever has said where machines reach us has read all this.
  const isTold = arrivals.every((each) => each.bound !== undefined);
  return isTold
    ? undefined
    : { level: "warn", text: `${text}: machines cannot reach it by that address`, cure };
}

const NAMES: Readonly<Record<Engine, string>> = {
  docker: "docker container",
  podman: "podman container",
  kubernetes: "pod of Kubernetes",
  container: "container",
};

const RUN: Readonly<Record<Engine, string>> = {
  docker: "run it with '--network host', or on a macvlan network",
  podman: "run it as root with '--network host', or on a macvlan network",
  kubernetes: "set 'hostNetwork: true' in the pod's spec",
  container: "run it in the host's network, or on a macvlan network",
};
