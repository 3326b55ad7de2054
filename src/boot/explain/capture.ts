/** Explains a whole capture: its packets in order, and how far each machine got. */

import type { Ipv4 } from "../../wire/net/ipv4.ts";
import type { Mac } from "../../wire/net/mac.ts";
import type { Capture } from "../../wire/pcap/captured-packet.ts";
import { decodeTransport, type Transport } from "../../wire/pcap/transport.ts";
import type { Snapshot } from "../snapshot.ts";
import { conclude, NOTHING_HEARD } from "./heard.ts";
import { explainPacket, type PacketExplanation } from "./packet.ts";
import type { ExplainSite } from "./words.ts";

export interface NumberedExplanation extends PacketExplanation {
  /** As Wireshark shows it. */
  readonly number: number;
  /** Milliseconds since the first packet of the file. */
  readonly atMs: number;
  /** What stands beside the packet in the file: of one that Mayfly recorded, what it decided then. */
  readonly comments?: readonly string[];
}

export interface CaptureExplanation {
  /** Our address that it was read for. */
  readonly self: Ipv4;
  /** What holds for all of it; whole sentences. */
  readonly notes: readonly string[];
  readonly packets: readonly NumberedExplanation[];
  readonly machines: readonly { readonly mac: Mac; readonly conclusion: string }[];
}

/**
 * Explains a capture.
 *
 * @param addresses - ours, at least one: the first that is in the capture is taken for the one that was asked
 */
export function explainCapture(
  capture: Capture,
  addresses: readonly Ipv4[],
  server: Omit<ExplainSite, "self">,
  snapshot: Snapshot,
): CaptureExplanation {
  const frames = capture.packets.flatMap((packet) => {
    const sent = decodeTransport(packet.bytes, packet.link);
    return sent === undefined ? [] : [{ packet, sent }];
  });
  const seen = new Set(frames.flatMap(({ sent }) => addressesOf(sent)));
  const present = addresses.find((address) => seen.has(address));
  const self = present ?? addresses[0] ?? "";
  const startMs = capture.packets[0]?.timeMs ?? 0;
  const packets: NumberedExplanation[] = [];
  let heard = NOTHING_HEARD;
  for (const { packet, sent } of frames) {
    const [next, explained] = explainPacket(heard, sent, snapshot, { self, ...server });
    heard = next;
    const { number, timeMs, comments } = packet;
    const noted = comments === undefined ? {} : { comments };
    if (explained !== undefined) packets.push({ number, atMs: timeMs - startMs, ...explained, ...noted });
  }
  const machines = [...heard.machines.values()];
  return {
    self,
    notes: [
      ...(capture.isCutShort ? ["The file ends inside a packet: what was written last is not in it."] : []),
      ...(present === undefined ? [absentNote(self)] : []),
      ...(machines.length === 0 ? [NO_MACHINE] : []),
    ],
    packets,
    machines: machines.map((machine) => ({ mac: machine.mac, conclusion: conclude(machine, self) })),
  };
}

const NO_MACHINE =
  "No machine asked to boot from the network here. Is network boot the first in its boot order, and was the capture " +
  "taken on the interface that it is on? To take one: tcpdump -i eth0 -w boot.pcap 'udp or tcp port 8080'";

function absentNote(self: Ipv4): string {
  return (
    `No packet is from or to ${self}, this server's address. If it had another one when this was captured, say it ` +
    "with --address; else the machine never came to it."
  );
}

function addressesOf(sent: Transport): Ipv4[] {
  return sent.type === "port-unreachable"
    ? [sent.source, sent.destination]
    : [sent.source.address, sent.destination.address];
}
