/**
 * The boot part of a DHCP reply: what a decision looks like to each kind of firmware.
 *
 * What each of them needs to see, and what it must not see, is here and nowhere else. Who gives the
 * address, another server or we, makes no difference to it.
 *
 * @see PXE 2.1 §2.2, RFC 4578
 */

import { encodeBootName } from "../../wire/dhcp/boot-name.ts";
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
import type { BootClient } from "../client.ts";
import type { BootDecision } from "../decide.ts";
import type { Arrival, BootPorts } from "../peer.ts";
import type { BootProgram } from "../program/program.ts";
import { mediaPath } from "../script/script.ts";
import { scriptUrl } from "../script/script-url.ts";
import { U_BOOT_SCRIPT } from "../u-boot/u-boot.ts";
import { isIpxe } from "./identify.ts";
import type { DhcpPort } from "./reply-type.ts";

/** The side of the conversation that is ours: where the request came in, and what else we serve. */
export interface ServerSide {
  readonly arrival: Pick<Arrival, "self">;
  readonly port: DhcpPort;
  readonly ports: BootPorts;
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
  const boot = bootFile(request, client, decision, server);
  if (boot === undefined) return undefined;
  const item = bootItem(request, server.port);
  if (item !== undefined && (item.layer & CREDENTIALS_LAYER) !== 0) return undefined;
  const vendor = vendorOptions(client, boot, item);
  const { self } = server.arrival;
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
    ],
  };
}

interface BootFile {
  readonly name: string;
  /** Whether it is a mere name, fetched by TFTP from `siaddr`; else a whole URL. */
  readonly bare: boolean;
}

function bootFile(
  request: DhcpPacket,
  client: BootClient,
  decision: BootDecision,
  { arrival, ports }: ServerSide,
): BootFile | undefined {
  switch (decision.type) {
    case "silent":
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
    case "chain":
      if (client.stage === "http-boot") {
        // An address and no name: firmware without DNS from the other server would refuse the offer (Q9).
        return { name: `http://${arrival.self}:${ports.http}/ipxe/${decision.program.name}`, bare: false };
      }
      return isIpxe(request)
        ? { name: tftpUrl(decision.program, arrival.self, ports), bare: false }
        : { name: decision.program.name, bare: true };
  }
}

/** For an iPXE without HTTP: a bare name would be looked for on the other DHCP server (I7, Q13). */
function tftpUrl(program: BootProgram, self: string, { tftp }: BootPorts): string {
  return `tftp://${self}${tftp === TFTP_PORT ? "" : `:${tftp}`}/${program.name}`;
}

/**
 * Option 43.
 *
 * A BIOS ROM is told to take the boot file and to show no menu. UEFI gets none: older EDK2 throws a
 * proxy's offer away that has one, and then asks nobody (Q1, Q11). iPXE would look for a menu in it.
 * A client that chose from a menu wants its choice back (Q4).
 */
function vendorOptions(
  client: BootClient,
  boot: BootFile,
  item: PxeVendorOptions["bootItem"],
): PxeVendorOptions | undefined {
  if (item !== undefined) return { bootItem: item };
  return client.stage === "rom" && boot.bare ? { discoveryControl: DISCOVERY.USE_BOOT_FILE } : undefined;
}

function bootItem(request: DhcpPacket, port: DhcpPort): PxeVendorOptions["bootItem"] {
  const value = request.options.get(OPTION.PXE_VENDOR);
  if (port !== 4011 || value === undefined) return undefined;
  return decodePxeVendorOptions(value).bootItem;
}

function entry(code: number, value: Uint8Array | undefined): [number, Uint8Array][] {
  return value === undefined ? [] : [[code, value]];
}
