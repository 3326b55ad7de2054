/**
 * Where the sockets tell what passes them, for somebody who records it; while nobody does, that costs each of
 * them a look at `tap`.
 *
 * It is filled where the bytes still have their addresses, and hears of each datagram by itself, also where one
 * call has the kernel send many. Nothing that goes wrong here reaches who sends or receives.
 */

import type { TalkEvent } from "../../boot/capture/tcp-talk.ts";
import type { Peer } from "../../boot/peer.ts";

export interface Wire {
  /** Who records; `undefined`: nobody. */
  readonly tap: Tap | undefined;
  /** Calls `listener` whenever recording begins. @returns what ends that */
  onBegin(listener: () => void): () => void;
}

/** Our side and the other one, of a datagram or a connection. */
export interface Ends {
  readonly peer: Peer;
  /** Where it came to, or goes out from. */
  readonly own: Peer;
}

export type DatagramKind = "dhcp" | "tftp";

export interface Tap {
  /** A datagram came from `peer`, or, with `isOurs`, goes there. The bytes are read before this returns. */
  datagram(kind: DatagramKind, ends: Ends, bytes: Uint8Array, isOurs: boolean): void;
  /** Something happened on a connection. */
  talk(connection: Connection, event: TalkEvent): void;
}

/** A TCP connection; the same value for as long as it lasts. */
export type Connection = Ends;
