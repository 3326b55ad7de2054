/** The UDP datagrams of a capture file. */

import { decodeCapture } from "../../src/wire/pcap/capture.ts";
import { decodeTransport, type Sent } from "../../src/wire/pcap/transport.ts";

export interface CapturedDatagram {
  /** The packet's number in the file. */
  readonly number: number;
  readonly timeMs: number;
  readonly datagram: Sent<"udp">;
}

export function udpDatagrams(file: Uint8Array): CapturedDatagram[] {
  return decodeCapture(file).packets.flatMap(({ number, timeMs, bytes, link }) => {
    const sent = decodeTransport(bytes, link);
    return sent?.type === "udp" ? [{ number, timeMs, datagram: sent }] : [];
  });
}
