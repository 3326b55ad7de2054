/**
 * Explains a capture packet by packet: what each says, what Mayfly answers to it and why, and what a person
 * should look at.
 *
 * It asks the functions that the server itself asks, so it cannot tell another story than the server.
 */

import { OPTION } from "../../wire/dhcp/option.ts";
import { BOOTREQUEST, type DhcpPacket, decodePacket } from "../../wire/dhcp/packet.ts";
import { decodeText } from "../../wire/dhcp/text.ts";
import { WireError } from "../../wire/error.ts";
import { decodeIpv4, UNSPECIFIED } from "../../wire/net/ipv4.ts";
import { formatMac, type Mac } from "../../wire/net/mac.ts";
import type { Sent, Transport } from "../../wire/pcap/transport.ts";
import {
  decodePacket as decodeTftp,
  ERROR_OPTION_REFUSED,
  type TftpRequest,
} from "../../wire/tftp/packet.ts";
import type { BootClient } from "../client.ts";
import { messageType } from "../dhcp/reply-type.ts";
import type { Snapshot } from "../snapshot.ts";
import { showText } from "../tftp/tftp-name.ts";
import type { RequestExplanation } from "./answer-words.ts";
import { explainReply } from "./dhcp-reply.ts";
import { explainRequest } from "./dhcp-request.ts";
import { type Heard, hear, hearAddress, hearTransfer, type MachineHeard, machineOf } from "./heard.ts";
import {
  explainHttpRequest,
  explainTftpRequest,
  readRequestLine,
  type TransferExplanation,
} from "./transfer.ts";
import { clientWords, type ExplainSite } from "./words.ts";

export interface PacketExplanation {
  /** Who sent it: a machine by its MAC address where that is known, a server by its address. */
  readonly who: string;
  /** The machine that it is about, where one is known. */
  readonly mac?: Mac;
  /** What it says; a clause that goes on from who. */
  readonly said: string;
  /** What Mayfly does; a clause that goes on from its name. Absent for what others sent. */
  readonly mayfly?: string;
  /** Why, where that is not said with it. */
  readonly because?: string;
  /** What a person should look at; whole sentences. */
  readonly warning?: string;
}

type Step = readonly [Heard, PacketExplanation | undefined];

const HTTP_START = /^(?:[A-Z]{3,7} |HTTP\/1)/;
const DHCP_PORTS: ReadonlySet<number> = new Set([67, 68, 4011]);

/** Explains the next packet; what is no part of booting has no explanation. Pure. */
export function explainPacket(heard: Heard, sent: Transport, snapshot: Snapshot, site: ExplainSite): Step {
  switch (sent.type) {
    case "udp":
      return explainUdp(heard, sent, snapshot, site);
    case "tcp":
      return explainTcp(heard, sent, snapshot, site);
    case "port-unreachable":
      return explainUnreachable(heard, sent);
  }
}

function explainUdp(heard: Heard, sent: Sent<"udp">, snapshot: Snapshot, site: ExplainSite): Step {
  const { source, destination } = sent;
  try {
    if (DHCP_PORTS.has(source.port) && DHCP_PORTS.has(destination.port)) {
      const packet = decodePacket(sent.payload);
      return packet.op === BOOTREQUEST
        ? explainAsk(heard, packet, sent, snapshot, site)
        : explainAnswer(heard, packet, sent, site);
    }
    if (destination.port === site.ports.tftp) return explainFetch(heard, sent, snapshot, site);
    return explainTransfer(heard, sent);
  } catch (error) {
    if (!(error instanceof WireError)) throw error;
    return [
      heard,
      {
        who: source.address,
        said: `sends a malformed packet to port ${destination.port}: ${error.message} (${error.code})`,
        mayfly: "drops it",
      },
    ];
  }
}

function explainAsk(
  heard: Heard,
  packet: DhcpPacket,
  { source, destination }: Sent<"udp">,
  snapshot: Snapshot,
  site: ExplainSite,
): Step {
  const port = destination.port === 4011 ? 4011 : 67;
  const explained = explainRequest({ packet, port, from: source, to: destination }, snapshot, site);
  const mac = explained.client?.mac ?? macOf(packet);
  const who = explained.client === undefined ? mac : speakerWords(mac, explained.client);
  const next = hearRequest(hearSource(heard, source.address, mac), mac, packet, port, explained);
  const { said, mayfly, because } = explained;
  return [next, { who, mac, said, mayfly, ...(because === undefined ? {} : { because }) }];
}

function speakerWords(mac: Mac, client: BootClient): string {
  const { program, machine } = clientWords(client);
  return `${mac} (${program}, ${machine})`;
}

function hearSource(heard: Heard, address: string, mac: Mac): Heard {
  return address === UNSPECIFIED ? heard : hearAddress(heard, address, mac);
}

function hearRequest(
  heard: Heard,
  mac: Mac,
  packet: DhcpPacket,
  port: 67 | 4011,
  { client, decision, mayfly }: RequestExplanation,
): Heard {
  const before = machineOf(heard, mac);
  // What was started is heard after the files; before them it may be a system that was there all along.
  if (client === undefined) return before.hasScript ? hear(heard, { ...before, isUp: true }) : heard;
  if (port === 4011) return hear(heard, { ...before, client, asked4011: before.asked4011 + 1 });
  if (messageType(packet) !== "DISCOVER") return hearTaken(heard, before, packet);
  const isNewStage = before.client?.stage !== client.stage;
  const fresh = {
    ...{ offeredAddress: false, offeredBoot: false, hasAddress: false },
    ...{ asked4011: 0, answered4011: false },
  };
  const discovers = (isNewStage ? 0 : before.discovers) + 1;
  const { silence: _before, ...rest } = { ...before, ...(isNewStage ? fresh : {}) };
  const silence = decision?.type === "silent" ? { silence: mayfly } : {};
  return hear(heard, { ...rest, ...silence, client, discovers });
}

/** It names the address that somebody has offered it, heard or not: a server hears no other one's answers. */
function hearTaken(heard: Heard, before: MachineHeard, packet: DhcpPacket): Heard {
  const wanted = packet.options.get(OPTION.REQUESTED_ADDRESS);
  if (messageType(packet) !== "REQUEST" || wanted?.length !== 4) return heard;
  return hearAddress(hear(heard, { ...before, offeredAddress: true }), decodeIpv4(wanted), before.mac);
}

function explainAnswer(heard: Heard, packet: DhcpPacket, { source }: Sent<"udp">, site: ExplainSite): Step {
  const mac = macOf(packet);
  const before = machineOf(heard, mac);
  // After its files a machine's old program is gone; what is given then is for the system that was started.
  const client = before.isUp ? undefined : before.client;
  const { said, warning, givesAddress, givesBoot } = explainReply(packet, source, client, site);
  const isAck = messageType(packet) === "ACK";
  const now = {
    ...before,
    offeredAddress: before.offeredAddress || givesAddress,
    offeredBoot: before.offeredBoot || givesBoot,
    hasAddress: before.hasAddress || (isAck && givesAddress),
    answered4011: before.answered4011 || source.port === 4011,
  };
  const known = heard.machines.has(mac) ? hear(heard, now) : heard;
  const next = givesAddress && isAck ? hearAddress(known, packet.yiaddr, mac) : known;
  const who = serverWords(source.address, site);
  return [next, { who, mac, said, ...(warning === undefined ? {} : { warning }) }];
}

function explainFetch(heard: Heard, sent: Sent<"udp">, snapshot: Snapshot, site: ExplainSite): Step {
  const request = decodeTftp(sent.payload);
  if (request.type !== "RRQ" && request.type !== "WRQ") return [heard, undefined];
  const { source, destination } = sent;
  const explained = explainTftpRequest(request, destination, snapshot, site);
  const next = hearTransfer(heard, `${source.address}:${source.port}`, request.filename);
  return [
    hearFile(next, source.address, destination.address, request.filename),
    byMachine(heard, source.address, withSize(explained, request)),
  ];
}

/** UEFI asks for the size first, and then anew (T1). */
function withSize(explained: TransferExplanation, { options }: TftpRequest): TransferExplanation {
  const asksSize = options.some(({ name }) => name.toLowerCase() === "tsize");
  return asksSize ? { ...explained, said: `${explained.said}, and for its size` } : explained;
}

/** What comes after the request, on ports of its own: only an end before its time is news. */
function explainTransfer(heard: Heard, { source, destination, payload }: Sent<"udp">): Step {
  const [asAsked, asAnswered] = [source, destination].map(({ address, port }) =>
    heard.transfers.get(`${address}:${port}`),
  );
  const file = asAsked ?? asAnswered;
  if (file === undefined || payload[1] !== 5) return [heard, undefined];
  const packet = decodeTftp(payload);
  if (packet.type !== "ERROR") return [heard, undefined];
  const text = showText(packet.message);
  if (asAsked === undefined) {
    return [heard, { who: source.address, said: `refuses '${file}': ${text} (TFTP error ${packet.code})` }];
  }
  const isProbe = packet.code === ERROR_OPTION_REFUSED;
  const said = isProbe
    ? "breaks off: it only wanted the size. That is normal for UEFI, which asks again"
    : `breaks off: ${text} (TFTP error ${packet.code})`;
  return [heard, byMachine(heard, source.address, { said })];
}

function explainTcp(heard: Heard, sent: Sent<"tcp">, snapshot: Snapshot, site: ExplainSite): Step {
  const { source, destination, payload } = sent;
  // Nearly every segment is a piece of some file.
  if (!HTTP_START.test(decodeText(payload.subarray(0, 8)))) return [heard, undefined];
  // A request or status line is never longer than a segment's beginning.
  const text = decodeText(payload.subarray(0, 4_096));
  const line = readRequestLine(text);
  if (line !== undefined) {
    const explained = explainHttpRequest(line, destination, snapshot, site);
    return [
      hearFile(heard, source.address, destination.address, line.target),
      byMachine(heard, source.address, explained),
    ];
  }
  const status = /^HTTP\/1\.[01] ([45]\d\d[^\r]*)/.exec(text)?.[1];
  if (status === undefined) return [heard, undefined];
  const who = serverWords(source.address, site);
  return [heard, { who, said: `answers ${destination.address} with ${showText(status)}` }];
}

function explainUnreachable(
  heard: Heard,
  { source, destination, port }: Extract<Transport, { type: "port-unreachable" }>,
): Step {
  if (port !== 67 && port !== 69 && port !== 4011) return [heard, undefined];
  const mac = heard.macs.get(destination);
  const said = `says that nobody listens on its UDP port ${port}`;
  const warning =
    port === 4011
      ? `Some offer sent the machine to port 4011 of ${source}: an option 60 = PXEClient there, most likely. Take it out (Q2).`
      : `Something sent the machine to ${source}, where no ${port === 69 ? "TFTP" : "DHCP"} server runs.`;
  return [heard, { who: source, ...(mac === undefined ? {} : { mac }), said, warning }];
}

/** Which file a machine fetched: as firmware, as iPXE its script, or what stands in the script. */
function hearFile(heard: Heard, address: string, server: string, path: string): Heard {
  const mac = heard.macs.get(address);
  if (mac === undefined) return heard;
  const before = machineOf(heard, mac);
  const { client, hasScript, isUp } = before;
  const name = path.split("?")[0] ?? path;
  // Each iPXE looks for that one, whether or not it is there.
  if (isUp || name.endsWith("autoexec.ipxe")) return heard;
  if (name.endsWith(".ipxe")) return hear(heard, { ...before, hasScript: true });
  if (hasScript) return hear(heard, { ...before, lastFile: showText(name) });
  return client?.stage === "ipxe"
    ? heard
    : hear(heard, { ...before, program: { file: showText(name), server } });
}

function byMachine(
  heard: Heard,
  address: string,
  explained: Omit<TransferExplanation, "mayfly"> & { readonly mayfly?: string },
): PacketExplanation {
  const mac = heard.macs.get(address);
  return mac === undefined ? { who: address, ...explained } : { who: mac, mac, ...explained };
}

function serverWords(address: string, { self }: ExplainSite): string {
  return address === self ? `${address} (this server)` : address;
}

function macOf({ chaddr }: DhcpPacket): Mac {
  return formatMac(chaddr.subarray(0, 6));
}
