/** A TFTP server on 127.0.0.1 with files in memory, and packets as tests write them. */

import { onTestFinished } from "vitest";
import type { BootProgram } from "../../src/boot/program/program.ts";
import type { FileShelf } from "../../src/io/open-file.ts";
import { startTftpServer, type TftpServerOptions } from "../../src/io/tftp/tftp-server.ts";
import { createWorld } from "../../src/io/world.ts";
import { encodePacket, type TftpPacket } from "../../src/wire/tftp/packet.ts";
import { logEvents } from "./event-log.ts";
import { memoryShelf } from "./memory-shelf.ts";
import { openRawPeer, type RawPeer } from "./tftp-socket-client.ts";
import { GENERATION, snapshotWith } from "./worlds.ts";

export const MEDIA = `media/${GENERATION.id}`;
export const PROGRAM: BootProgram = {
  name: "undionly.kpxe",
  kind: "bios-x86",
  path: "/p/undionly.kpxe",
  sizeBytes: 70_000,
};

export async function serve(
  files: Readonly<Record<string, Uint8Array>>,
  shelf: FileShelf = memoryShelf(new Map(Object.entries(files))),
  extra: Partial<TftpServerOptions> = {},
) {
  const sizes = new Map(Object.entries(files).map(([name, bytes]) => [name, bytes.length]));
  const world = createWorld(snapshotWith(sizes, files[PROGRAM.name] === undefined ? [] : [PROGRAM]));
  const log = logEvents(world);
  const server = await startTftpServer({
    world,
    shelf,
    interfaces: [{ interface: "lo", self: "127.0.0.1", mtu: 1500 }],
    ports: { http: 8080, tftp: 69 },
    port: 0,
    identifyScript: (base) => `#!ipxe\nchain ${base}/netboot.ipxe\n`,
    ...extra,
  });
  onTestFinished(() => server.close());
  const port = server.ports.get("127.0.0.1") ?? 0;
  return { server, port, log, world };
}

export async function rawPeer(): Promise<RawPeer> {
  const peer = await openRawPeer();
  onTestFinished(() => peer.close());
  return peer;
}

export const rrq = (filename: string, options: Record<string, number> = {}): Uint8Array =>
  encodePacket({
    type: "RRQ",
    filename,
    mode: "octet",
    options: Object.entries(options).map(([name, value]) => ({ name, value: String(value) })),
  });
export const ack = (block: number) => encodePacket({ type: "ACK", block });
export const error = (code: number, message: string) => encodePacket({ type: "ERROR", code, message });
export const summary = (packet: TftpPacket) =>
  packet.type === "OACK"
    ? `OACK ${packet.options.map(({ name, value }) => `${name}=${value}`).join(" ")}`
    : packet.type === "DATA" || packet.type === "ACK"
      ? `${packet.type} ${packet.block}`
      : packet.type === "ERROR"
        ? `ERROR ${packet.code}`
        : packet.type;
