/** Which network interfaces are served. */

import type { Arrival } from "../peer.ts";

/** An interface that is up, with its IPv4 addresses in the system's order. */
export interface PresentInterface {
  readonly name: string;
  readonly addresses: readonly string[];
  readonly isLoopback: boolean;
  /** In bytes. */
  readonly mtu: number;
}

export type InterfaceChoice =
  | { readonly type: "chosen"; readonly arrivals: readonly Arrival[] }
  /** Nothing can be served; `reason` names what there is. */
  | { readonly type: "none"; readonly reason: string };

/** Interfaces of containers and virtual machines: what boots there is not on the network that is served. */
const CONTAINER =
  /^(docker\d*|docker_gwbridge|br-[0-9a-f]{12}|virbr\d+(-nic)?|veth.*|cni.*|cbr\d+|cali.*|flannel.*|podman\d*|lxcbr\d*|lxdbr\d*|nerdctl\d*|kube-.*|vnet\d+)$/;

/**
 * Chooses the interfaces to serve, and for each the address that machines there can reach.
 *
 * @param named - those that the operator named; empty: all but loopback and those of containers
 */
export function chooseInterfaces(
  present: readonly PresentInterface[],
  named: readonly string[],
): InterfaceChoice {
  const withAddress = present.filter((each) => each.addresses.length > 0);
  const there = present.length === 0 ? "none is up" : `there is ${present.map(label).join(", ")}`;
  const unknown = named.filter((name) => !withAddress.some((each) => each.name === name));
  if (unknown.length > 0) {
    return { type: "none", reason: `no interface ${unknown.join(", ")} with an IPv4 address: ${there}` };
  }
  const chosen =
    named.length > 0
      ? withAddress.filter((each) => named.includes(each.name))
      : withAddress.filter((each) => !each.isLoopback && !CONTAINER.test(each.name));
  return chosen.length === 0
    ? { type: "none", reason: `no interface to serve: ${there}; name one with --interface` }
    : { type: "chosen", arrivals: chosen.map(arrivalOf) };
}

function arrivalOf({ name, addresses, mtu }: PresentInterface): Arrival {
  // A link-local address is what an interface gives itself when nobody else gives it one.
  const self = addresses.find((address) => !address.startsWith("169.254.")) ?? addresses[0] ?? "";
  return { interface: name, self, mtu };
}

function label({ name, addresses }: PresentInterface): string {
  return addresses.length === 0 ? `${name} (no IPv4 address)` : `${name} (${addresses.join(", ")})`;
}
