/** A DHCP request on its way through the server: what it is, where it came from, and the way to answer it. */

import type { DhcpPort } from "../../boot/dhcp/reply-type.ts";
import type { Arrival } from "../../boot/peer.ts";
import type { DhcpPacket } from "../../wire/dhcp/packet.ts";

export interface DhcpInquiry {
  readonly request: DhcpPacket;
  readonly arrival: Arrival;
  readonly port: DhcpPort;
  /** Whether it was sent to everybody. */
  readonly wasBroadcast: boolean;
  /**
   * Sends a reply where such a reply goes; in observe mode, nothing.
   *
   * @throws {@link import("../../wire/error.ts").WireError} when it does not fit
   */
  reply(packet: DhcpPacket): void;
}

/**
 * Decides about a request, records what was decided, and answers it or not.
 *
 * @throws {@link import("../../wire/error.ts").WireError} for a request whose options are malformed
 */
export type DhcpResponder = (inquiry: DhcpInquiry) => void | Promise<void>;
