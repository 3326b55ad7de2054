/** Who is at the other end of a datagram or connection, and which of our addresses it reached. */

import type { Ipv4 } from "../wire/net/ipv4.ts";

export interface Peer {
  readonly address: Ipv4;
  readonly port: number;
}

/** How a request came in: a reply leaves by the same interface, from the same address. */
export interface Arrival {
  /** As the kernel names it: `eth0`. */
  readonly interface: string;
  /** Our address on that interface, the one that machines there can reach. */
  readonly self: Ipv4;
  /** The largest IP packet of that interface, in bytes. */
  readonly mtu: number;
  /**
   * The interface's own address, which our sockets have: present where it is another than `self`,
   * because machines reach us through address translation.
   */
  readonly bound?: Ipv4;
  /** The kernel's number of the interface: another number is another device, by the same name. */
  readonly index?: number;
}

/** The address that our sockets on this arrival have. */
export function boundAddress({ self, bound }: Pick<Arrival, "self" | "bound">): Ipv4 {
  return bound ?? self;
}

/** The ports of the boot plane, as machines reach them. */
export interface BootPorts {
  readonly http: number;
  readonly tftp: number;
  /** Where machines may log to; absent: nowhere. */
  readonly syslog?: number;
}
