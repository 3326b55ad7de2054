/** Which network interfaces are served, and at which of their addresses. */

import type { Ipv4 } from "../../wire/net/ipv4.ts";
import type { Arrival } from "../peer.ts";

/** An interface of the machine. */
export interface PresentInterface {
  readonly name: string;
  /** IPv4, in the system's order. */
  readonly addresses: readonly Ipv4[];
  readonly isLoopback: boolean;
  /** In bytes. */
  readonly mtu: number;
  /** The kernel's number; absent where the system does not tell. */
  readonly index?: number;
  /** `no-link`: switched on, with no cable or the other side off; the system tells no addresses then. */
  readonly state: "up" | "no-link" | "off";
}

/** What the operator says about it. */
export interface InterfaceWishes {
  /** Empty: all but loopback and those of containers. */
  readonly named: readonly string[];
  /** Where machines reach us, whatever addresses our interfaces have. */
  readonly publicAddress?: Ipv4;
}

export interface InterfaceChoice {
  /** One for each address. Of an interface with several, the first is the one that answers broadcasts. */
  readonly arrivals: readonly Arrival[];
  /** Why nothing is served, or not all that was named, with what there is; absent: all is well. */
  readonly lacking?: string;
}

/** Interfaces of containers and virtual machines: what boots there is not on the network that is served. */
const CONTAINER =
  /^(docker\d*|docker_gwbridge|br-[0-9a-f]{12}|virbr\d+(-nic)?|veth.*|cni.*|cbr\d+|cali.*|flannel.*|podman\d*|lxcbr\d*|lxdbr\d*|nerdctl\d*|kube-.*|vnet\d+)$/;

/** Chooses the interfaces to serve, and the addresses that machines there can reach. Pure. */
export function chooseInterfaces(
  present: readonly PresentInterface[],
  { named, publicAddress }: InterfaceWishes,
): InterfaceChoice {
  const arrivals = present
    .filter(({ name, isLoopback }) =>
      named.length > 0 ? named.includes(name) : !isLoopback && !CONTAINER.test(name),
    )
    .flatMap((each) => arrivalsOf(each, publicAddress));
  const lacking = whatLacks(present, named, arrivals);
  return { arrivals, ...(lacking === undefined ? {} : { lacking }) };
}

function arrivalsOf(
  { name, addresses, mtu, index }: PresentInterface,
  publicAddress: Ipv4 | undefined,
): Arrival[] {
  // A link-local address is what an interface gives itself when nobody else gives it one.
  const given = addresses.filter((address) => !address.startsWith("169.254."));
  return [...new Set(given.length > 0 ? given : addresses.slice(0, 1))].map((address) => ({
    interface: name,
    self: publicAddress ?? address,
    mtu,
    ...(publicAddress === undefined || publicAddress === address ? {} : { bound: address }),
    ...(index === undefined ? {} : { index }),
  }));
}

function whatLacks(
  present: readonly PresentInterface[],
  named: readonly string[],
  arrivals: readonly Arrival[],
): string | undefined {
  const there = present.length === 0 ? "there is none at all" : `there is ${present.map(label).join(", ")}`;
  const missing = named.filter((name) => !arrivals.some((each) => each.interface === name));
  if (missing.length > 0) return `no interface ${missing.join(", ")} with an IPv4 address: ${there}`;
  return arrivals.length === 0 ? `no interface to serve: ${there}; name one with --interface` : undefined;
}

function label({ name, addresses, state }: PresentInterface): string {
  if (addresses.length > 0) return `${name} (${addresses.join(", ")})`;
  return `${name} (${state === "up" ? "no IPv4 address" : state === "no-link" ? "no link" : "switched off"})`;
}

/**
 * Lets an interface that lost its link keep its addresses: the system tells none of them until the cable
 * is back, and a boot under way can wait for that.
 */
export function keepAddresses(
  before: readonly PresentInterface[],
  now: readonly PresentInterface[],
): PresentInterface[] {
  return now.map((each) => {
    if (each.state !== "no-link" || each.addresses.length > 0) return each;
    const known = before.find(({ name, index }) => name === each.name && index === each.index);
    return known === undefined ? each : { ...each, addresses: known.addresses };
  });
}
