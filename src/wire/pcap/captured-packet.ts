/** The nouns of capture files: what both formats hold. */

export interface CapturedPacket {
  /** Its number in the file, from 1 as Wireshark counts. */
  readonly number: number;
  /** Milliseconds since 1970; 0 where the file does not say. */
  readonly timeMs: number;
  /** How it begins: one of {@link import("./transport.ts").LINK}, or a number that is none of them. */
  readonly link: number;
  /** As captured: may be cut short. A view on the file. */
  readonly bytes: Uint8Array;
  /** What whoever recorded it, or looked at it, has written to it. */
  readonly comments?: readonly string[];
}

export interface Capture {
  readonly packets: readonly CapturedPacket[];
  /** Whether the file ends inside a packet, as one does whose writer was stopped; that packet is left out. */
  readonly isCutShort: boolean;
}

/** Longer ones are no packets: tcpdump and Wireshark keep at most this much of one. */
export const MAX_PACKET_BYTES = 262_144;
