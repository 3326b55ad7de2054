/** What the event stream needs of the server. */

import type { BootEvent, PeerMachine, TransferUnderWay } from "../../boot/event.ts";
import type { Session } from "../../boot/session/session.ts";
import type { Ipv4 } from "../../wire/net/ipv4.ts";
import type { Mac } from "../../wire/net/mac.ts";

export interface EventSource {
  subscribe(listener: (event: BootEvent) => void): () => void;
  transfers(): readonly TransferUnderWay[];
  /** Which machine an address belongs to, where that is certain. */
  machineAt(address: Ipv4): PeerMachine;
  /** The boot of a machine that is followed, with what was recorded last. */
  bootOf(mac: Mac): Pick<Session, "id" | "console"> | undefined;
  /** Hears of what could not be shown; it is left out. */
  onError(error: unknown): void;
  /** Milliseconds since 1970. */
  readonly now?: () => number;
}
