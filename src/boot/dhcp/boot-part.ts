/**
 * The boot part of a DHCP reply: what a decision looks like to each kind of firmware.
 *
 * What each of them needs to see, and what it must not see, is here and nowhere else. Who gives the
 * address, another server or we, makes no difference to it.
 *
 * @see PXE 2.1 §2.2, RFC 4578
 */

import { encodeAddresses } from "../../wire/dhcp/addresses.ts";
import { encodeBareBootName, encodeBootName } from "../../wire/dhcp/boot-name.ts";
import { encodeIpxeOptions } from "../../wire/dhcp/ipxe-options.ts";
import { OPTION } from "../../wire/dhcp/option.ts";
import type { DhcpPacket } from "../../wire/dhcp/packet.ts";
import {
  CREDENTIALS_LAYER,
  DISCOVERY,
  decodePxeVendorOptions,
  encodePxeVendorOptions,
  type PxeVendorOptions,
} from "../../wire/dhcp/pxe-vendor.ts";
import { encodeVendorClass, HTTP_CLIENT, PXE_CLIENT } from "../../wire/dhcp/vendor-class.ts";
import type { Ipv4 } from "../../wire/net/ipv4.ts";
import { SYSLOG_PORT } from "../../wire/syslog/message.ts";
import type { BootClient } from "../client.ts";
import type { BootDecision } from "../decide.ts";
import { type OfferKind, type OfferVariant, offerKind, variantsOf } from "../ladder/offer-variant.ts";
import type { Arrival, BootPorts } from "../peer.ts";
import type { BootProgram } from "../program/program.ts";
import { mediaPath } from "../script/script.ts";
import { bareScriptUrl, scriptUrl } from "../script/script-url.ts";
import { U_BOOT_SCRIPT } from "../u-boot/u-boot.ts";
import { isIpxe } from "./identify.ts";
import type { DhcpPort } from "./reply-type.ts";

/** The side of the conversation that is ours: where the request came in, and what else we serve. */
export interface ServerSide {
  readonly arrival: Pick<Arrival, "self">;
  readonly port: DhcpPort;
  readonly ports: BootPorts;
  /** The form that this machine's offers have at present; absent: the first of its kind. */
  readonly variant?: OfferVariant;
}

/** The fields and options of a reply that are about booting. */
export interface BootPart {
  readonly siaddr: Ipv4;
  readonly sname: string;
  readonly file: string;
  /**
   * In the order of the field's other servers, except that 66 follows 43: old Raspberry Pis take the
   * last of the two (R4). 67 is never last, so that whoever reads past it does not meet the END (Q7).
   */
  readonly options: readonly (readonly [code: number, value: Uint8Array])[];
  /** Whether it answers the choice from a boot menu, which has fields of its own. */
  readonly forBootItem: boolean;
}

/** The most that `file` holds beside its NUL. */
const FILE_BYTES = 127;
const TFTP_PORT = 69;
/** iPXE takes the offer with the highest one: ours, where some other server speaks to it too (I3). */
const HIGHEST_PRIORITY = 127;

/**
 * Makes the boot part of a reply that carries out a decision.
 *
 * @returns `undefined` where there is nothing to boot
 * @throws {@link import("../../wire/error.ts").WireError} when the request's PXE options are malformed
 */
export function bootPart(
  request: DhcpPacket,
  client: BootClient,
  decision: BootDecision,
  server: ServerSide,
): BootPart | undefined {
  if (decision.type === "firmware") return piBootPart(request, server.arrival.self);
  const kind = offerKind(client, isIpxe(request));
  const variant = server.variant ?? variantsOf(kind)[0];
  const boot = bootFile(client, decision, server, variant);
  if (boot === undefined) return undefined;
  const item = bootItem(request, server.port);
  if (item !== undefined && (item.layer & CREDENTIALS_LAYER) !== 0) return undefined;
  const { self } = server.arrival;
  const vendor = vendorOptions({ kind, variant, self, port: server.port, item });
  return {
    siaddr: self,
    sname: boot.bare ? self : "",
    file: boot.name.length <= FILE_BYTES ? boot.name : "",
    forBootItem: item !== undefined,
    options: [
      [OPTION.VENDOR_CLASS, encodeVendorClass(client.stage === "http-boot" ? HTTP_CLIENT : PXE_CLIENT)],
      ...entry(OPTION.PXE_VENDOR, vendor && encodePxeVendorOptions(vendor)),
      ...entry(OPTION.TFTP_SERVER_NAME, boot.bare ? encodeBootName(self) : undefined),
      [OPTION.BOOT_FILE_NAME, encodeBootName(boot.name)],
      // Echoed and never invented: ROMs compare it with their own (Q5).
      ...entry(OPTION.CLIENT_UUID, request.options.get(OPTION.CLIENT_UUID)),
      ...entry(
        OPTION.IPXE,
        client.stage === "ipxe" ? encodeIpxeOptions({ priority: HIGHEST_PRIORITY }) : undefined,
      ),
      ...entry(OPTION.LOG_SERVER, logServer(client, server)),
    ],
  };
}

/** iPXE sends what it shows there, always to the same port, where it was built to (CONSOLE_SYSLOG). */
function logServer({ stage }: BootClient, { arrival, ports }: ServerSide): Uint8Array | undefined {
  return stage === "ipxe" && ports.syslog === SYSLOG_PORT ? encodeAddresses([arrival.self]) : undefined;
}

/** What a Raspberry Pi looks for. A Pi 3 wants the three blanks too; a Pi 4 passes over what follows the name. */
const PI_MENU = "Raspberry Pi Boot   ";

/**
 * What the EEPROM of a Raspberry Pi wants to see (R4): a menu whose first entry has its name, and after it
 * the TFTP server as an address in text, without a NUL, which old EEPROMs mis-read. A boot file's name
 * means nothing to it. The encoders leave out padding, which some EEPROMs cannot pass over.
 */
function piBootPart(request: DhcpPacket, self: Ipv4): BootPart {
  const vendor = encodePxeVendorOptions({
    discoveryControl: DISCOVERY.NO_BROADCAST | DISCOVERY.NO_MULTICAST,
    menuPrompt: { timeout: 0, prompt: "PXE" },
    bootMenu: [{ type: LOCAL_BOOT, description: PI_MENU }],
  });
  return {
    siaddr: self,
    sname: "",
    file: "",
    forBootItem: false,
    options: [
      [OPTION.VENDOR_CLASS, encodeVendorClass(PXE_CLIENT)],
      ...entry(OPTION.CLIENT_UUID, request.options.get(OPTION.CLIENT_UUID)),
      [OPTION.PXE_VENDOR, vendor],
      [OPTION.TFTP_SERVER_NAME, encodeBareBootName(self)],
    ],
  };
}

interface BootFile {
  readonly name: string;
  /** Whether it is a mere name, fetched by TFTP from `siaddr`; else a whole URL. */
  readonly bare: boolean;
}

function bootFile(
  client: BootClient,
  decision: BootDecision,
  { arrival, ports }: ServerSide,
  variant: OfferVariant,
): BootFile | undefined {
  switch (decision.type) {
    case "silent":
    case "firmware": // has no boot file: the EEPROM knows the names itself
      return undefined;
    case "script":
    case "refused": // by a script too: its screen is where the person looks
      if (client.stage === "u-boot") return { name: U_BOOT_SCRIPT, bare: true };
      return { name: scriptUrl(client, decision.host, arrival, ports), bare: false };
    case "image":
      return {
        name: `http://${arrival.self}:${ports.http}${mediaPath(decision.generation, decision.bootFile.file)}`,
        bare: false,
      };
    case "stranger":
      return { name: bareScriptUrl(arrival, ports), bare: false };
    case "chain":
      if (client.stage === "http-boot") {
        // An address and no name: firmware without DNS from the other server would refuse the offer (Q9).
        return { name: `http://${arrival.self}:${ports.http}/ipxe/${decision.program.name}`, bare: false };
      }
      return variant === "url"
        ? { name: tftpUrl(decision.program, arrival.self, ports), bare: false }
        : { name: decision.program.name, bare: true };
  }
}

/** For an iPXE without HTTP: a bare name would be looked for on the other DHCP server (I7, Q13). */
function tftpUrl(program: BootProgram, self: string, { tftp }: BootPorts): string {
  return `tftp://${self}${tftp === TFTP_PORT ? "" : `:${tftp}`}/${program.name}`;
}

/** What option 43 is made from. */
interface VendorQuestion {
  readonly kind: OfferKind;
  readonly variant: OfferVariant;
  readonly self: Ipv4;
  readonly port: DhcpPort;
  /** What the client chose from a menu. */
  readonly item: PxeVendorOptions["bootItem"];
}

const TAKE_THE_FILE: PxeVendorOptions = { discoveryControl: DISCOVERY.USE_BOOT_FILE };

/**
 * Option 43. iPXE would look for a menu in it, and HTTP Boot knows it not.
 *
 * The variant says what an offer has. On 4011 the client has taken an offer already: a BIOS ROM is told
 * once more to take the file and to show no menu, UEFI is told nothing (Q1, Q11). A client that chose
 * from a menu wants its choice back (Q4).
 */
function vendorOptions({ kind, variant, self, port, item }: VendorQuestion): PxeVendorOptions | undefined {
  if (item !== undefined) return { bootItem: item };
  if (kind === "ipxe" || kind === "http-boot") return undefined;
  const isRom = kind === "rom";
  if (port === 4011) return isRom ? TAKE_THE_FILE : undefined;
  switch (variant) {
    case "plain":
      return undefined;
    case "direct":
      return TAKE_THE_FILE;
    case "menu":
      return bootMenu(self);
    case "url":
      return isRom ? TAKE_THE_FILE : undefined;
  }
}

/** Types of boot servers from here on are free for all; 0 is the machine's own disk (PXE 2.1 §2.4). */
const OUR_TYPE = 0x8000;
const LOCAL_BOOT = 0;

/**
 * A menu that nobody sees: its first entry is taken at once, and we are asked for it on 4011.
 *
 * A menu of one entry hangs some UEFI, one of two boots it (Q11). The second one leaves the network.
 */
function bootMenu(self: Ipv4): PxeVendorOptions {
  return {
    discoveryControl: DISCOVERY.NO_BROADCAST | DISCOVERY.NO_MULTICAST | DISCOVERY.ONLY_LISTED,
    bootServers: [{ type: OUR_TYPE, addresses: [self] }],
    bootMenu: [
      { type: OUR_TYPE, description: "Mayfly" },
      { type: LOCAL_BOOT, description: "Local disk" },
    ],
    menuPrompt: { timeout: 0, prompt: "Mayfly" },
  };
}

function bootItem(request: DhcpPacket, port: DhcpPort): PxeVendorOptions["bootItem"] {
  const value = request.options.get(OPTION.PXE_VENDOR);
  if (port !== 4011 || value === undefined) return undefined;
  return decodePxeVendorOptions(value).bootItem;
}

function entry(code: number, value: Uint8Array | undefined): [number, Uint8Array][] {
  return value === undefined ? [] : [[code, value]];
}
