/** What the event stream needs of the server. */

import type { BootEvent, PeerMachine, TransferUnderWay } from "../../boot/event.ts";
import type { Ipv4 } from "../../wire/net/ipv4.ts";

export interface EventSource {
  subscribe(listener: (event: BootEvent) => void): () => void;
  transfers(): readonly TransferUnderWay[];
  /** Which machine an address belongs to, where that is certain. */
  machineAt(address: Ipv4): PeerMachine;
  /** Milliseconds since 1970. */
  readonly now?: () => number;
}
