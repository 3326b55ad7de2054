/** The noun `probe target`: an address that may be in use, before it is leased. */

import type { ProbedAddress } from "../../boot/lease/conflict.ts";
import type { Arrival } from "../../boot/peer.ts";

/** An address, and where it would be used. */
export interface ProbeTarget extends ProbedAddress {
  readonly arrival: Omit<Arrival, "mtu">;
  /** Its network is behind a relay: nobody there hears our ARP. */
  readonly isRelayed: boolean;
}
