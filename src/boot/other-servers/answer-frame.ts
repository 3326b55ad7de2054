/** Finds a DHCP server's answer in an Ethernet frame, as a packet socket sees it. */

import { type DhcpPacket, decodePacket } from "../../wire/dhcp/packet.ts";
import { WireError } from "../../wire/error.ts";
import { formatMac } from "../../wire/net/mac.ts";
import { decodeTransport, LINK } from "../../wire/pcap/transport.ts";
import type { AnswerSource } from "./server-answer.ts";

export interface HeardAnswer {
  readonly packet: DhcpPacket;
  readonly from: AnswerSource;
}

const SERVER_PORTS: readonly number[] = [67, 4011];
const CLIENT_PORT = 68;

/** @returns `undefined` for anything else, a malformed answer among it */
export function readAnswerFrame(frame: Uint8Array): HeardAnswer | undefined {
  const sent = decodeTransport(frame, LINK.ETHERNET);
  if (sent?.type !== "udp" || sent.destination.port !== CLIENT_PORT) return undefined;
  if (!SERVER_PORTS.includes(sent.source.port)) return undefined;
  const mac = formatMac(frame.subarray(6, 12));
  return readAnswerDatagram(sent.payload, { address: sent.source.address, mac });
}

/** The same of what an ordinary socket has received. */
export function readAnswerDatagram(bytes: Uint8Array, from: AnswerSource): HeardAnswer | undefined {
  try {
    return { packet: decodePacket(bytes), from };
  } catch (error) {
    if (error instanceof WireError) return undefined;
    throw error;
  }
}
