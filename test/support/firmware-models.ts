/**
 * Simulated firmware: what each kind does with the offers that it gets, after its source or its reports.
 *
 * One call is one power-on: it asks as its kind asks, in its own time, and ends with the boot file fetched
 * or with an error on the screen.
 */

import { OPTION } from "../../src/wire/dhcp/option.ts";
import type { DhcpPacket } from "../../src/wire/dhcp/packet.ts";
import {
  decodePxeVendorOptions,
  encodePxeVendorOptions,
  type PxeVendorOptions,
} from "../../src/wire/dhcp/pxe-vendor.ts";
import { decodeNulText, decodeText } from "../../src/wire/dhcp/text.ts";
import { encodeIpv4 } from "../../src/wire/net/ipv4.ts";
import { type Arrived, addressOf, type FirmwareLan, ROUTER } from "./firmware-lan.ts";
import { pxeClass, type RequestFacts, request, UUID, unhex } from "./packets.ts";

/** What stands on the screen in the end. */
export type Outcome = "fetched" | "no offer" | "no boot file" | "no answer on 4011" | "not found";

/** Powers a machine on once. */
export type Firmware = (lan: FirmwareLan, mac: string) => Outcome;

/** PXE 2.1 §2.2.2: EDK2 and vendors' ROMs ask at 0, 4, 12 and 28 s and give up at 60. */
const PXE_WAITS_S = [4, 8, 16, 32] as const;
/** What a machine needs from its power button to the network. */
const POWER_ON_MS = 20_000;

interface Machine {
  readonly facts: RequestFacts;
  readonly xid: number;
}

function powerOn(lan: FirmwareLan, mac: string, facts: RequestFacts): Machine {
  lan.wait(POWER_ON_MS);
  return { facts: { uuid: UUID, ...facts, mac }, xid: lan.nowMs() % 0xffff_ffff };
}

function discoverPacket({ facts, xid }: Machine, secs: number): DhcpPacket {
  return request({ ...facts, header: { xid, secs, flags: 0x8000 } });
}

/** Takes the router's address. */
function takeAddress(lan: FirmwareLan, { facts, xid }: Machine): string | undefined {
  const offered = addressOf(discoverPacket({ facts, xid }, 0));
  const options = new Map([
    ...(facts.options ?? []),
    [50, encodeIpv4(offered)],
    [OPTION.SERVER_ID as number, encodeIpv4(ROUTER)],
  ] as const);
  const ack = lan.request(
    request({ ...facts, type: "REQUEST", options, header: { xid, secs: 0, flags: 0x8000 } }),
  );
  return ack?.yiaddr;
}

function ask4011(
  lan: FirmwareLan,
  { facts, xid }: Machine,
  address: string,
  item?: PxeVendorOptions["bootItem"],
): Arrived | undefined {
  const vendor =
    item === undefined ? [] : [[OPTION.PXE_VENDOR, encodePxeVendorOptions({ bootItem: item })] as const];
  const options = new Map([...(facts.options ?? []), ...vendor]);
  const header = { xid: xid + 7, secs: 0, ciaddr: address };
  return lan.ask4011(request({ ...facts, type: "REQUEST", options, header }), address);
}

function vendorOf(packet: DhcpPacket): PxeVendorOptions | undefined {
  const value = packet.options.get(OPTION.PXE_VENDOR);
  return value === undefined ? undefined : decodePxeVendorOptions(value);
}

function nameOf({ options, file }: DhcpPacket): string {
  const value = options.get(OPTION.BOOT_FILE_NAME);
  return value === undefined ? file : decodeNulText(value);
}

function isPxe({ options }: DhcpPacket): boolean {
  return decodeText(options.get(OPTION.VENDOR_CLASS) ?? new Uint8Array()).startsWith("PXEClient");
}

const isProxy = (offer: DhcpPacket) => offer.yiaddr.startsWith("0.");

/** Asks in the intervals of the PXE specification, until `choose` finds what it needs among all offers so far. */
function collect<Choice>(
  lan: FirmwareLan,
  machine: Machine,
  choose: (offers: readonly Arrived[]) => Choice | undefined,
): Choice | undefined {
  const offers: Arrived[] = [];
  let secs = 0;
  for (const wait of PXE_WAITS_S) {
    offers.push(...lan.discover(discoverPacket(machine, secs)));
    lan.wait(wait * 1000);
    secs += wait;
    const now = lan.nowMs();
    const choice = choose(offers.filter(({ atMs }) => atMs <= now).sort((a, b) => a.atMs - b.atMs));
    if (choice !== undefined) return choice;
  }
  return undefined;
}

// ── EDK2 ─────────────────────────────────────────────────────────────────────────────────────────

export interface Edk2Options {
  readonly arch?: number;
  /** The condition that keeps the first offer with option 43 is the wrong way round (Q1). */
  readonly dropsFirstPxe10?: boolean;
  /** Takes nothing for a boot offer that has no option 43. */
  readonly wantsOption43?: boolean;
  /** Of several boot servers only the first one heard counts, for one power-on. */
  readonly keepsFirstProxy?: boolean;
}

type Edk2Type = "dhcp-only" | "proxy-pxe10" | "proxy-binl";

/** EDK2's PXE client for IPv4, beside a DHCP server without boot options. */
export function edk2({ arch = 7, ...options }: Edk2Options = {}): Firmware {
  return (lan, mac) => {
    const machine = powerOn(lan, mac, { vendorClass: pxeClass(arch), archs: [arch] });
    const choice = collect(lan, machine, (offers) => {
      const kept = cacheOffers(offers, options);
      const find = (type: Edk2Type) => kept.find((each) => each.type === type)?.packet;
      const proxy = find("proxy-pxe10") ?? find("proxy-binl");
      return find("dhcp-only") === undefined || proxy === undefined ? undefined : { proxy };
    });
    if (choice === undefined) return "no offer";
    const address = takeAddress(lan, machine);
    if (address === undefined) return "no offer";
    const info = edk2BootInfo(lan, machine, address, choice.proxy);
    if (info === undefined) return "no answer on 4011";
    return lan.fetch(info.siaddr, nameOf(info), address) ? "fetched" : "not found";
  };
}

function edk2Type(packet: DhcpPacket): Edk2Type {
  if (!isProxy(packet)) return "dhcp-only";
  const vendor = isPxe(packet) ? vendorOf(packet) : undefined;
  const hasDiscover = vendor !== undefined && Object.keys(vendor).some((key) => key !== "bootItem");
  return hasDiscover ? "proxy-pxe10" : "proxy-binl";
}

function cacheOffers(
  offers: readonly Arrived[],
  { dropsFirstPxe10 = false, wantsOption43 = false, keepsFirstProxy = false }: Edk2Options,
): readonly { type: Edk2Type; packet: DhcpPacket }[] {
  const kept: { type: Edk2Type; packet: DhcpPacket }[] = [];
  for (const { packet } of offers) {
    const type = edk2Type(packet);
    const isFirst = !kept.some((each) => each.type === type);
    if (keepsFirstProxy && isProxy(packet) && kept.some((each) => each.type !== "dhcp-only")) continue;
    // What is cached only when one is cached already is never cached.
    if (type === "proxy-pxe10" && dropsFirstPxe10 === isFirst) continue;
    kept.push({ type, packet });
  }
  return wantsOption43 ? kept.filter(({ type }) => type !== "proxy-binl") : kept;
}

/** The packet that names server and file: the proxy's offer itself, or what port 4011 answers. */
function edk2BootInfo(
  lan: FirmwareLan,
  machine: Machine,
  address: string,
  proxy: DhcpPacket,
): DhcpPacket | undefined {
  if (edk2Type(proxy) === "proxy-binl") {
    const ack = ask4011(lan, machine, address)?.packet;
    return ack === undefined || nameOf(ack) === "" ? undefined : ack;
  }
  const vendor = vendorOf(proxy) ?? {};
  if (((vendor.discoveryControl ?? 0) & 8) !== 0 && nameOf(proxy) !== "") return proxy;
  const [first, second] = vendor.bootMenu ?? [];
  // A menu of one entry is what hangs the broken ones (Q11).
  if (first === undefined || second === undefined || first.type === 0) return undefined;
  const server = vendor.bootServers?.find(({ type }) => type === first.type)?.addresses[0];
  const ack = ask4011(lan, machine, address, { type: first.type, layer: 0 })?.packet;
  return ack !== undefined && ack.siaddr === server ? ack : undefined;
}

// ── BIOS ─────────────────────────────────────────────────────────────────────────────────────────

export interface RomOptions {
  /** Which offers of a boot server it can use. */
  readonly takes: "direct" | "menu" | "plain" | "url";
  /** Asks port 4011 although the offer had all that it needs (Q3). */
  readonly alwaysAsks4011?: boolean;
  /** Takes the address even where no boot server's offer is of use, and says PXE-E53 then. */
  readonly takesAddressFirst?: boolean;
  /** Reads on behind option 67 up to the next NUL, and takes the END byte for a part of the name (Q7). */
  readonly readsPastName?: boolean;
  /** Does not send option 97 (Q5). */
  readonly hasNoUuid?: boolean;
}

/** A PXE ROM in a network card. */
export function biosRom(options: RomOptions): Firmware {
  return (lan, mac) => {
    const { uuid: _none, ...machine } = { uuid: UUID, vendorClass: pxeClass(0, "002001"), archs: [0] };
    const facts =
      options.hasNoUuid === true
        ? { ...machine, options: new Map([[OPTION.CLIENT_UUID, new Uint8Array()]]) }
        : machine;
    const self = powerOn(lan, mac, facts);
    const usable = (offers: readonly Arrived[]) =>
      offers.filter(({ packet }) => isProxy(packet) && isPxe(packet)).find((each) => isUsable(each, options));
    const choice = collect(lan, self, (offers) => {
      const boot = usable(offers);
      const hasAddress = offers.some(({ packet }) => !isProxy(packet));
      if (!hasAddress) return undefined;
      return boot === undefined && options.takesAddressFirst !== true ? undefined : { boot };
    });
    if (choice === undefined) return "no offer";
    const address = takeAddress(lan, self);
    if (address === undefined) return "no offer";
    return choice.boot === undefined ? "no boot file" : romBoot(lan, self, address, choice.boot, options);
  };
}

function isUsable({ packet }: Arrived, { takes }: RomOptions): boolean {
  const vendor = vendorOf(packet);
  if (packet.siaddr === "0.0.0.0") return false;
  const isDirect = ((vendor?.discoveryControl ?? 0) & 8) !== 0;
  switch (takes) {
    case "direct":
      return isDirect && packet.file !== "" && !packet.file.includes(":");
    case "menu":
      return vendor?.bootMenu !== undefined && vendor.bootServers !== undefined;
    case "plain":
      return vendor === undefined;
    case "url":
      return packet.file.startsWith("tftp://");
  }
}

function romBoot(
  lan: FirmwareLan,
  machine: Machine,
  address: string,
  { packet, bytes }: Arrived,
  { takes, alwaysAsks4011, readsPastName }: RomOptions,
): Outcome {
  const type = takes === "menu" ? vendorOf(packet)?.bootMenu?.[0]?.type : undefined;
  const asks = takes === "menu" || takes === "plain" || alwaysAsks4011 === true;
  const ack = asks
    ? ask4011(lan, machine, address, type === undefined ? undefined : { type, layer: 0 })
    : { packet, bytes };
  if (ack === undefined) return "no answer on 4011";
  // It compares the choice with its own, and takes nothing else for an answer (Q4).
  if (type !== undefined && vendorOf(ack.packet)?.bootItem?.type !== type) return "no answer on 4011";
  const name = readsPastName === true ? nameReadPast(ack.bytes) : ack.packet.file;
  return lan.fetch(ack.packet.siaddr, name, address) ? "fetched" : "not found";
}

/** The name from where option 67 begins up to a NUL, whatever the option's length says. */
function nameReadPast(bytes: Uint8Array): string {
  let at = 240;
  while (at < bytes.length && bytes[at] !== OPTION.BOOT_FILE_NAME) {
    at += bytes[at] === 0 ? 1 : 2 + (bytes[at + 1] ?? 0);
  }
  return decodeNulText(bytes.subarray(at + 2));
}

// ── others ───────────────────────────────────────────────────────────────────────────────────────

/** U-Boot on arm64, after its DHCP server pointed it here: of a reply it reads the header alone (Q6). */
export const uBoot: Firmware = (lan, mac) => {
  const machine = powerOn(lan, mac, { vendorClass: pxeClass(11), archs: [11] });
  const offer = collect(lan, machine, (offers) => {
    const proxy = offers.find(({ packet }) => isProxy(packet) && packet.file !== "")?.packet;
    return offers.some(({ packet }) => !isProxy(packet)) ? proxy : undefined;
  });
  if (offer === undefined) return "no offer";
  const address = takeAddress(lan, machine);
  if (address === undefined) return "no offer";
  return lan.fetch(offer.siaddr, offer.file, address) ? "fetched" : "not found";
};

/** iPXE as far as it chooses its boot server: a proxy's offer counts with both an address and a name (I5). */
export function ipxeRom(features: string, takesScripts: boolean): Firmware {
  return (lan, mac) => {
    const options = new Map([[OPTION.IPXE as number, unhex(features)]]);
    const machine = powerOn(lan, mac, { vendorClass: pxeClass(0, "002001"), archs: [0], options });
    const proxy = lan.discover(discoverPacket(machine, 4)).find(({ packet }) => isProxy(packet))?.packet;
    lan.wait(3000);
    if (proxy === undefined) return "no offer";
    const address = takeAddress(lan, machine);
    if (address === undefined) return "no offer";
    if (proxy.siaddr === "0.0.0.0" || nameOf(proxy) === "") return "no boot file";
    const url = proxy.file === "" ? nameOf(proxy) : proxy.file;
    if (takesScripts) return url.startsWith("http://") ? "fetched" : "not found";
    // A bare name it would ask the other DHCP server for (I7, Q13).
    const [, server, name] = /^tftp:\/\/([^/]+)\/(.+)$/.exec(url) ?? [];
    return server !== undefined && name !== undefined && lan.fetch(server, name, address)
      ? "fetched"
      : "not found";
  };
}
