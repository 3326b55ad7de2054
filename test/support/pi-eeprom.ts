/**
 * The EEPROM of a Raspberry Pi that boots from the network, as a program: DHCP as it asks, the offers that
 * it accepts, and its files in their order. No such board is at hand; this is what its documents, logs and
 * reports say (quirks R1 to R6, T5).
 *
 * It runs in a network namespace of its own, whose `eth0` is the board's network card and has no address yet.
 * It stops where a board would stop. Its one argument is JSON of {@link PiBoard}; it prints a line of JSON
 * for each step, the last of them `{ "step": "started", … }` or `{ "step": "stopped", "reason": … }`.
 */

import { execFileSync } from "node:child_process";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { pathToFileURL } from "node:url";
import { OPTION } from "../../src/wire/dhcp/option.ts";
import { BROADCAST_FLAG, type DhcpPacket, decodePacket, encodePacket } from "../../src/wire/dhcp/packet.ts";
import { decodePxeVendorOptions } from "../../src/wire/dhcp/pxe-vendor.ts";
import { decodeText, encodeText } from "../../src/wire/dhcp/text.ts";
import { request } from "./packets.ts";
import { fetchAsPi, type PiFetch } from "./pi-tftp.ts";

export interface PiBoard {
  /** Of a Pi's maker: dc:a6:32:… */
  readonly mac: string;
  /** Eight hex digits. */
  readonly serial: string;
  readonly model: 3 | 4 | 5;
  /** Option 97 as before March 2020: the serial number four times. */
  readonly oldOption97?: boolean;
  /** TFTP_PREFIX: 0 the serial number, 1 a string, 2 the MAC address. */
  readonly prefix?: "serial" | "mac" | { readonly text: string };
  readonly blockSize?: number;
  readonly canRollOver?: boolean;
  /** PXE_OPTION43: what the menu must be called. */
  readonly menuName?: string;
  /** How long it waits for offers that it accepts: 45 s on the board (DHCP_TIMEOUT). */
  readonly dhcpTimeoutMs?: number;
  readonly fileTimeoutMs?: number;
  /** NETCONSOLE without an address to send to: it says a line to all. */
  readonly netconsole?: boolean;
}

/** A step as it is printed. */
export type PiStep =
  | { readonly step: "offer"; readonly from: string; readonly accepted: boolean; readonly why: string }
  | { readonly step: "address"; readonly address: string; readonly tftp: string }
  | { readonly step: "file"; readonly path: string; readonly outcome: string; readonly bytes?: number }
  | { readonly step: "prefix"; readonly prefix: string }
  /** The ARM cores run this. */
  | { readonly step: "started"; readonly program: string; readonly kernelParams?: string }
  | { readonly step: "stopped"; readonly reason: string };

const PI_MENU = "Raspberry Pi Boot";
const BOARD_REVISION: Readonly<Record<PiBoard["model"], readonly number[]>> = {
  3: [0x82, 0x20, 0xa0, 0x00],
  4: [0x11, 0x31, 0xc0, 0x00],
  5: [0x70, 0x41, 0xd0, 0x00],
};
/** Its network card, in its namespace. */
const INTERFACE = "eth0";
const PARAMETERS = [43, 60, 67, 128, 129, 130, 131, 132, 133, 134, 135, 66, 1, 3];

function say(step: PiStep): void {
  console.log(JSON.stringify(step));
}

class Stopped extends Error {}

/** Option 97: "RPi4", the board's revision, four bytes of the MAC, the serial number; or the serial four times. */
function option97({ mac, serial, model, oldOption97 }: PiBoard): Uint8Array {
  const littleEndian = Buffer.from(serial, "hex").reverse();
  if (oldOption97 === true)
    return Uint8Array.of(0, ...Array.from({ length: 4 }, () => [...littleEndian]).flat());
  const tail = Buffer.from(mac.replaceAll(":", ""), "hex").subarray(2);
  return Uint8Array.of(0, ...encodeText(`RPi${model}`), ...BOARD_REVISION[model], ...tail, ...littleEndian);
}

function message(
  board: PiBoard,
  type: "DISCOVER" | "REQUEST",
  more: ReadonlyMap<number, Uint8Array>,
): DhcpPacket {
  return request({
    type,
    mac: board.mac,
    archs: [0],
    // Its REQUEST has no class (R5).
    ...(type === "DISCOVER" ? { vendorClass: "PXEClient:Arch:00000:UNDI:002001" } : {}),
    options: new Map([
      [55, Uint8Array.from(PARAMETERS)],
      [94, Uint8Array.of(1, 2, 1)],
      [97, option97(board)],
      ...more,
    ]),
    header: { xid: Number.parseInt(board.serial, 16) >>> 0, secs: 0, flags: BROADCAST_FLAG },
  });
}

interface Offers {
  address?: DhcpPacket;
  boot?: DhcpPacket;
}

/** Why an offer is of no use to a Pi; `undefined` for one that tells it where its files are. */
function whyNot(offer: DhcpPacket, { model, menuName = PI_MENU }: PiBoard): string | undefined {
  const vendorClass = offer.options.get(OPTION.VENDOR_CLASS);
  const server = offer.options.get(OPTION.TFTP_SERVER_NAME);
  const vendor = offer.options.get(OPTION.PXE_VENDOR);
  if (vendor === undefined) {
    const named = server !== undefined && /^\d+(\.\d+){3}$/.test(decodeText(server));
    return named ? undefined : "neither a boot menu (43) nor a TFTP server by its address (66)";
  }
  if (vendorClass === undefined || !decodeText(vendorClass).startsWith("PXEClient"))
    return "43 without the class PXEClient";
  const wanted = model === 3 ? `${menuName}   ` : menuName;
  const names = decodePxeVendorOptions(vendor).bootMenu?.map(({ description }) => description) ?? [];
  if (!(names[0]?.startsWith(wanted) ?? false))
    return `the menu's first entry is ${JSON.stringify(names[0])}`;
  if (server !== undefined && !/^\d+(\.\d+){3}$/.test(decodeText(server))) {
    return `66 is no address: ${JSON.stringify(decodeText(server))}`;
  }
  return undefined;
}

/** Where the files are: option 66 first, a Pi 3 looks at nothing else but the DHCP server itself. */
function tftpServerOf(offer: DhcpPacket, model: PiBoard["model"]): string {
  const named = offer.options.get(OPTION.TFTP_SERVER_NAME);
  if (named !== undefined) return decodeText(named);
  if (model !== 3 && offer.siaddr !== "0.0.0.0") return offer.siaddr;
  return [...(offer.options.get(OPTION.SERVER_ID) ?? [])].join(".");
}

/** DISCOVER until an address and a place for files are offered, then REQUEST. */
async function configure(board: PiBoard): Promise<{ address: string; tftp: string }> {
  const { dhcpTimeoutMs = 45_000 } = board;
  const socket = createSocket({ type: "udp4", reuseAddr: true });
  socket.bind(68, "0.0.0.0");
  await once(socket, "listening");
  socket.setBroadcast(true);
  // Without an address there is no way to anywhere, not even to all.
  execFileSync("ip", ["route", "replace", "255.255.255.255", "dev", INTERFACE]);
  const offers: Offers = {};
  let isAsked = false;
  const { promise, resolve, reject } = Promise.withResolvers<{ address: string; tftp: string }>();
  socket.on("message", (bytes, from) => {
    const packet = decodePacket(bytes);
    if (packet.op !== 2 || packet.xid !== Number.parseInt(board.serial, 16) >>> 0) return;
    const type = packet.options.get(OPTION.MESSAGE_TYPE)?.[0];
    if (type === 5 && offers.boot !== undefined && packet.yiaddr !== "0.0.0.0") {
      resolve({ address: packet.yiaddr, tftp: tftpServerOf(offers.boot, board.model) });
      return;
    }
    if (type !== 2 || isAsked) return;
    const why = whyNot(packet, board);
    say({
      step: "offer",
      from: from.address,
      accepted: why === undefined,
      why: why ?? "it tells where the files are",
    });
    if (packet.yiaddr !== "0.0.0.0") offers.address ??= packet;
    if (why === undefined) offers.boot ??= packet;
    if (offers.address === undefined || offers.boot === undefined) return;
    isAsked = true;
    const server = offers.address.options.get(OPTION.SERVER_ID) ?? new Uint8Array(4);
    const wanted = Uint8Array.from(offers.address.yiaddr.split(".").map(Number));
    const ask = message(
      board,
      "REQUEST",
      new Map([
        [50, wanted],
        [54, server],
      ]),
    );
    socket.send(encodePacket(ask), 67, "255.255.255.255");
  });
  const discover = () =>
    socket.send(encodePacket(message(board, "DISCOVER", new Map())), 67, "255.255.255.255");
  const again = setInterval(discover, 4000);
  const giveUp = setTimeout(() => reject(new Stopped("no offer that a Raspberry Pi accepts")), dhcpTimeoutMs);
  discover();
  try {
    return await promise;
  } finally {
    clearInterval(again);
    clearTimeout(giveUp);
    socket.close();
  }
}

/** Its netconsole, which sends to everybody. */
async function tellAll(text: string): Promise<void> {
  const socket = createSocket("udp4");
  socket.bind(6665);
  await once(socket, "listening");
  socket.setBroadcast(true);
  await new Promise((resolve) => socket.send(text, 6666, "255.255.255.255", resolve));
  socket.close();
}

type Fetch = (path: string, probe?: boolean) => Promise<PiFetch>;

function prefixOf({ mac, serial, prefix = "serial" }: PiBoard): string {
  if (prefix === "serial") return `${serial}/`;
  return prefix === "mac" ? `${mac.replaceAll(":", "-")}/` : prefix.text;
}

/** The first stage: looks where its second one is, and settles on a prefix. */
async function eeprom(fetch: Fetch, board: PiBoard): Promise<string> {
  const prefix = prefixOf(board);
  const found = async (name: string) => (await fetch(prefix + name, true)).type === "probed";
  const isThere =
    board.model === 5 ? await found("config.txt") : (await found("start4.elf")) || (await found("start.elf"));
  const chosen = isThere ? prefix : "";
  say({ step: "prefix", prefix: chosen });
  await fetch(`${chosen}config.txt`);
  if (board.model === 5) return chosen;
  for (const name of ["vl805.sig", "pieeprom.sig"]) {
    if ((await fetch(chosen + name)).type === "file" && name === "pieeprom.sig") {
      await fetch(`${chosen}pieeprom.upd`);
      throw new Stopped("the EEPROM was overwritten: pieeprom.sig and pieeprom.upd were served");
    }
  }
  for (const name of ["recover4.elf", "recovery.elf"]) {
    if ((await fetch(chosen + name)).type === "file")
      throw new Stopped(`${name} was served and runs instead`);
  }
  for (const name of ["start4.elf", "fixup4.dat"]) await needed(fetch, chosen, name);
  return chosen;
}

/** The second stage, start4.elf: the device tree, the overlays, and what the ARM cores are to run. */
async function start4(fetch: Fetch, prefix: string, board: PiBoard): Promise<void> {
  await fetch(`${prefix}recovery.elf`);
  const config = await fetch(`${prefix}config.txt`);
  const text = config.type === "file" ? new TextDecoder().decode(config.bytes) : "";
  const values = (key: string) =>
    [...text.matchAll(new RegExp(`^${key}[= ](.*)$`, "gm"))].map(([, value = ""]) => value.trim());
  for (const name of ["dt-blob.bin", "recovery.elf", "config.txt", "bootcfg.txt"]) await fetch(prefix + name);
  const initrds = values("initramfs").at(-1)?.split(" ")[0]?.split(",") ?? [];
  for (const initrd of initrds) await needed(fetch, prefix, initrd);
  const tree = board.model === 5 ? "bcm2712-rpi-5-b.dtb" : "bcm2711-rpi-4-b.dtb";
  await needed(fetch, prefix, tree);
  await fetch(`${prefix}overlays/overlay_map.dtb`);
  for (const overlay of values("dtoverlay")) {
    await needed(fetch, prefix, `overlays/${overlay.split(",")[0]}.dtbo`);
  }
  await fetch(`${prefix}config.txt`);
  const cmdline = await fetch(prefix + (values("cmdline").at(-1) ?? "cmdline.txt"));
  const armstub = values("armstub").at(-1);
  if (armstub === undefined) await fetch(`${prefix}armstub8-gic.bin`);
  else await needed(fetch, prefix, armstub);
  const kernel = values("kernel").at(-1) ?? "kernel8.img";
  const loaded = await fetch(prefix + kernel, armstub !== undefined);
  if (armstub !== undefined) return say({ step: "started", program: armstub });
  if (loaded.type !== "file") throw missing(kernel, loaded);
  const kernelParams = cmdline.type === "file" ? new TextDecoder().decode(cmdline.bytes).trim() : "";
  say({ step: "started", program: kernel, kernelParams });
}

async function needed(fetch: Fetch, prefix: string, name: string): Promise<void> {
  const fetched = await fetch(prefix + name);
  if (fetched.type !== "file") throw missing(name, fetched);
}

function missing(name: string, fetched: PiFetch): Stopped {
  return new Stopped(`${name} is missing${fetched.type === "absent" ? `: ${fetched.message}` : ""}`);
}

async function boot(board: PiBoard): Promise<void> {
  const { address, tftp } = await configure(board);
  execFileSync("ip", ["address", "add", `${address}/24`, "dev", INTERFACE]);
  say({ step: "address", address, tftp });
  if (board.netconsole === true) await tellAll(`NET_BOOT: ${board.mac} TFTP: ${tftp}\r\n`);
  const fetch: Fetch = async (path, probe = false) => {
    const fetched = await fetchAsPi(path, probe, {
      server: tftp,
      ...(board.blockSize === undefined ? {} : { blockSize: board.blockSize }),
      canRollOver: board.canRollOver ?? false,
      fileTimeoutMs: board.fileTimeoutMs ?? 30_000,
    });
    const detail =
      fetched.type === "absent" ? fetched.message : fetched.type === "failed" ? fetched.reason : "";
    const outcome = detail === "" ? fetched.type : `${fetched.type}: ${detail}`;
    say({ step: "file", path, outcome, ...(fetched.type === "file" ? { bytes: fetched.bytes.length } : {}) });
    if (fetched.type === "failed") throw new Stopped(`${path}: ${fetched.reason}`);
    return fetched;
  };
  await start4(fetch, await eeprom(fetch, board), board);
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  try {
    await boot(JSON.parse(process.argv[2] ?? "{}") as PiBoard);
  } catch (error) {
    if (!(error instanceof Stopped)) throw error;
    say({ step: "stopped", reason: error.message });
  }
}
