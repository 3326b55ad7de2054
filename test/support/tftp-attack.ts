/** Throws random and mutated datagrams at a TFTP server, and tells whether it still serves. */

import { createSocket, type Socket } from "node:dgram";
import { once } from "node:events";
import { startTftpServer } from "../../src/io/tftp/tftp-server.ts";
import { createWorld } from "../../src/io/world.ts";
import { encodePacket, type TftpPacket } from "../../src/wire/tftp/packet.ts";
import { type EventLog, logEvents } from "./event-log.ts";
import { memoryShelf, patternBytes } from "./memory-shelf.ts";
import { createRandom } from "./tftp-simulation.ts";
import { fetchFile, openRawPeer, type RawPeer } from "./tftp-socket-client.ts";
import { GENERATION, snapshotWith } from "./worlds.ts";

const NAME = `media/${GENERATION.id}/file`;
const FILE = patternBytes(20_000);
const BATCH = 250;

const SEEDS: readonly TftpPacket[] = [
  { type: "RRQ", filename: NAME, mode: "octet", options: [] },
  { type: "RRQ", filename: NAME, mode: "octet", options: [{ name: "blksize", value: "1468" }] },
  {
    type: "RRQ",
    filename: "autoexec.ipxe",
    mode: "netascii",
    options: [{ name: "windowsize", value: "64" }],
  },
  { type: "RRQ", filename: "../../etc/passwd", mode: "octet", options: [{ name: "timeout", value: "255" }] },
  { type: "WRQ", filename: NAME, mode: "octet", options: [{ name: "tsize", value: "99999999999" }] },
  { type: "ACK", block: 0 },
  { type: "ACK", block: 65535 },
  { type: "DATA", block: 1, data: new Uint8Array(512) },
  { type: "ERROR", code: 0, message: "\u001b[2J" },
  { type: "OACK", options: [{ name: "blksize", value: "8" }] },
];

/** Random bytes, or a packet of {@link SEEDS} with some bytes changed, cut off or added. */
function hostileBytes(random: () => number): Uint8Array {
  const randomByte = () => Math.floor(random() * 256);
  if (random() < 0.3) return Uint8Array.from({ length: Math.floor(random() * 600) }, randomByte);
  const seed = SEEDS[Math.floor(random() * SEEDS.length)] as TftpPacket;
  const bytes = [...encodePacket(seed)];
  for (let changes = Math.floor(random() * 4); changes > 0; changes--) {
    bytes[Math.floor(random() * bytes.length)] = randomByte();
  }
  if (random() < 0.2) bytes.length = Math.floor(random() * bytes.length);
  if (random() < 0.2) bytes.push(...Array.from({ length: Math.floor(random() * 50) }, randomByte));
  return Uint8Array.from(bytes);
}

async function openSender(): Promise<Socket> {
  const socket = createSocket("udp4");
  socket.bind(0, "127.0.0.1");
  await once(socket, "listening");
  return socket;
}

export interface AttackReport {
  readonly log: EventLog;
  /** A client from another address asked afterwards, and got the right bytes. */
  readonly servesStill: boolean;
}

/** @param datagrams - half of them go to the request port, half to transfers under way */
export async function attackTftp(datagrams: number, singlePort = false): Promise<AttackReport> {
  const world = createWorld(snapshotWith(new Map([["file", FILE.length]])));
  const log = logEvents(world);
  const server = await startTftpServer({
    world,
    shelf: memoryShelf(new Map([["file", FILE]])),
    interfaces: [{ interface: "lo", self: "127.0.0.1", mtu: 1500 }],
    ports: { http: 8080, tftp: 69 },
    port: 0,
    singlePort,
    identifyScript: (base) => `#!ipxe\nchain ${base}/netboot.ipxe\n`,
  });
  const port = server.ports.get("127.0.0.1") ?? 0;
  const senders = await Promise.all(Array.from({ length: 8 }, openSender));
  const probe = await openRawPeer("127.0.0.3");
  await attack(datagrams, port, senders, probe);
  // From another address: the first one's clients may have used up their share of transfers.
  const outcome = await fetchFile(port, { filename: NAME }, "127.0.0.4");
  await server.close();
  for (const socket of [probe, ...senders]) socket.close();
  return { log, servesStill: outcome.type === "complete" && Buffer.compare(outcome.bytes, FILE) === 0 };
}

async function attack(datagrams: number, port: number, senders: readonly Socket[], probe: RawPeer) {
  const random = createRandom(20);
  const transferPorts: number[] = [];
  for (const sender of senders) sender.on("message", (_bytes, from) => transferPorts.push(from.port));
  const areYouThere = encodePacket({ type: "WRQ", filename: "a", mode: "octet", options: [] });
  for (let sent = 0; sent < datagrams; sent += BATCH) {
    for (let i = 0; i < BATCH; i++) {
      const known = transferPorts[Math.floor(random() * transferPorts.length)];
      const to = known !== undefined && random() < 0.5 ? known : port;
      senders[i % senders.length]?.send(hostileBytes(random), to, "127.0.0.1");
    }
    transferPorts.splice(0, Math.max(0, transferPorts.length - 500));
    // No faster than it is looked at: else the kernel drops most of it, and nothing is tested.
    probe.send(areYouThere, port);
    await probe.next();
  }
}
