/**
 * The DHCP of PXE firmware, or of iPXE, as a program: it goes as far as it is told, so that a test can have
 * a machine that stops there.
 *
 * It runs in a network namespace of its own, whose `eth0` is the machine's network card and has no address
 * yet. Its one argument is JSON of {@link PxeFirmware}; it prints a line of JSON for each {@link PxeStep},
 * and ends.
 */

import { execFileSync } from "node:child_process";
import { createSocket, type Socket } from "node:dgram";
import { once } from "node:events";
import { pathToFileURL } from "node:url";
import { encodeMessageType } from "../../src/wire/dhcp/message-type.ts";
import { OPTION } from "../../src/wire/dhcp/option.ts";
import { BROADCAST_FLAG, type DhcpPacket, decodePacket, encodePacket } from "../../src/wire/dhcp/packet.ts";
import { encodeText } from "../../src/wire/dhcp/text.ts";
import { UNSPECIFIED } from "../../src/wire/net/ipv4.ts";
import { IPXE_175, pxeClass, request } from "./packets.ts";

export interface PxeFirmware {
  readonly mac: string;
  /** UEFI for x64 unless given; a BIOS ROM asks 4011 for nothing. */
  readonly arch?: 0 | 7;
  readonly isIpxe?: boolean;
  /** How often it asks for offers, so many milliseconds apart; it says the seconds that it has asked for. */
  readonly discovers: number;
  readonly everyMs: number;
  /** Takes the address that it is offered, and has it then. */
  readonly takesAddress?: boolean;
  /** How often it asks port 4011 of this server until it is answered. */
  readonly asks4011?: { readonly server: string; readonly times: number };
}

export type PxeStep =
  | { readonly step: "offer"; readonly address: string; readonly file: string }
  | { readonly step: "address"; readonly address: string }
  | { readonly step: "boot-file"; readonly file: string };

const INTERFACE = "eth0";
const OFFER = 2;
const ACK = 5;
const WAIT_MS = 4000;

function say(step: PxeStep): void {
  console.log(JSON.stringify(step));
}

function message(
  firmware: PxeFirmware,
  type: "DISCOVER" | "REQUEST",
  header: Partial<DhcpPacket>,
  more: readonly (readonly [number, Uint8Array])[] = [],
): Uint8Array {
  const { mac, arch = 7, isIpxe = false } = firmware;
  const ipxe = [[OPTION.USER_CLASS, encodeText("iPXE")] as const, [OPTION.IPXE, IPXE_175] as const];
  const packet = request({
    ...{ type, mac, archs: [arch], vendorClass: pxeClass(arch, arch === 0 ? "002001" : "003000") },
    header: { xid: xidOf(firmware), secs: 0, flags: BROADCAST_FLAG, ...header },
    options: new Map([
      [OPTION.MESSAGE_TYPE, encodeMessageType(type)],
      [OPTION.NETWORK_INTERFACE, Uint8Array.of(1, 3, 0)],
      ...(isIpxe ? ipxe : []),
      ...more,
    ]),
  });
  return encodePacket(packet);
}

/** The last four bytes of its MAC address, as many firmwares have it. */
function xidOf({ mac }: PxeFirmware): number {
  return Number.parseInt(mac.replaceAll(":", "").slice(4), 16);
}

/** The replies to this machine: all machines hear each other's. */
function listen(
  socket: Socket,
  firmware: PxeFirmware,
  onReply: (packet: DhcpPacket, type: number | undefined) => void,
): void {
  socket.on("message", (bytes) => {
    const packet = decodePacket(bytes);
    const isOurs = packet.op === 2 && packet.xid === xidOf(firmware);
    if (isOurs) onReply(packet, packet.options.get(OPTION.MESSAGE_TYPE)?.[0]);
  });
}

async function open(port: number, address: string): Promise<Socket> {
  const socket = createSocket({ type: "udp4", reuseAddr: true });
  socket.bind(port, address);
  await once(socket, "listening");
  socket.setBroadcast(true);
  return socket;
}

/** Resolves after so long, or when this comes to pass. */
function within(ms: number, done: Promise<unknown>): Promise<unknown> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, ms);
  return Promise.race([promise, done]).finally(() => clearTimeout(timer));
}

/** DISCOVER as often as it does, then REQUEST. @returns its address, if it took one */
async function configure(firmware: PxeFirmware): Promise<string | undefined> {
  const { discovers, everyMs, takesAddress = false } = firmware;
  const socket = await open(68, "0.0.0.0");
  // Without an address there is no way to anywhere, not even to all.
  execFileSync("ip", ["route", "replace", "255.255.255.255", "dev", INTERFACE]);
  let offered: DhcpPacket | undefined;
  const taken = Promise.withResolvers<string>();
  listen(socket, firmware, (packet, type) => {
    if (type === OFFER) say({ step: "offer", address: packet.yiaddr, file: packet.file });
    if (type === OFFER && packet.yiaddr !== UNSPECIFIED) offered ??= packet;
    if (type === ACK && packet.yiaddr !== UNSPECIFIED) taken.resolve(packet.yiaddr);
  });
  const send = (bytes: Uint8Array) => socket.send(bytes, 67, "255.255.255.255");
  const startedMs = performance.now();
  for (let count = 0; count < discovers; count++) {
    send(message(firmware, "DISCOVER", { secs: Math.round((performance.now() - startedMs) / 1000) }));
    await within(everyMs, new Promise(() => {}));
  }
  let address: string | undefined;
  if (takesAddress && offered !== undefined) {
    const wanted = Uint8Array.from(offered.yiaddr.split(".").map(Number));
    const from = offered.options.get(OPTION.SERVER_ID) ?? new Uint8Array(4);
    const choice = [[OPTION.REQUESTED_ADDRESS, wanted] as const, [OPTION.SERVER_ID, from] as const];
    send(message(firmware, "REQUEST", {}, choice));
    await within(
      WAIT_MS,
      taken.promise.then((given) => (address = given)),
    );
  }
  socket.close();
  return address;
}

/** EDK2 asks from port 4011, and wants the answer there. */
async function ask4011(firmware: PxeFirmware, address: string): Promise<void> {
  const { server, times } = firmware.asks4011 ?? { server: "", times: 0 };
  const socket = await open(4011, address);
  const answered = Promise.withResolvers<void>();
  listen(socket, firmware, ({ file }) => {
    say({ step: "boot-file", file });
    answered.resolve();
  });
  let isAnswered = false;
  void answered.promise.then(() => (isAnswered = true));
  for (let count = 0; count < times && !isAnswered; count++) {
    socket.send(message(firmware, "REQUEST", { ciaddr: address }), 4011, server);
    await within(1000, answered.promise);
  }
  socket.close();
}

async function run(firmware: PxeFirmware): Promise<void> {
  const address = await configure(firmware);
  if (address === undefined) return;
  execFileSync("ip", ["address", "add", `${address}/24`, "dev", INTERFACE]);
  say({ step: "address", address });
  if (firmware.asks4011 !== undefined) await ask4011(firmware, address);
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  await run(JSON.parse(process.argv[2] ?? "") as PxeFirmware);
}
