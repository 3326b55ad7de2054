/**
 * A decision as a DHCP packet, beside another server that gives the addresses (proxyDHCP).
 *
 * What each kind of firmware needs to see, and what it must not see, is here and nowhere else.
 *
 * @see PXE 2.1 §2.2, RFC 2131 §4.3, RFC 4578
 */

import { encodeBootName } from "../wire/dhcp/boot-name.ts";
import { encodeIpxeOptions } from "../wire/dhcp/ipxe-options.ts";
import { decodeMessageSize } from "../wire/dhcp/message-size.ts";
import { decodeMessageType, encodeMessageType, type MessageType } from "../wire/dhcp/message-type.ts";
import { OPTION } from "../wire/dhcp/option.ts";
import { BOOTREPLY, BOOTREQUEST, BROADCAST_FLAG, type DhcpPacket } from "../wire/dhcp/packet.ts";
import {
  CREDENTIALS_LAYER,
  DISCOVERY,
  decodePxeVendorOptions,
  encodePxeVendorOptions,
  type PxeVendorOptions,
} from "../wire/dhcp/pxe-vendor.ts";
import { encodeVendorClass, HTTP_CLIENT, PXE_CLIENT } from "../wire/dhcp/vendor-class.ts";
import { encodeIpv4, UNSPECIFIED } from "../wire/net/ipv4.ts";
import type { BootClient } from "./client.ts";
import type { BootDecision } from "./decide.ts";
import { isIpxe } from "./identify.ts";
import type { Arrival, BootPorts } from "./peer.ts";
import type { BootProgram } from "./program.ts";
import { scriptUrl } from "./script-url.ts";

/** The ports that netboot clients ask: 67 as everybody does, and 4011 for the boot file alone. */
export type DhcpPort = 67 | 4011;
/** What a proxy answers with. */
export type ReplyType = "OFFER" | "ACK";

/** The side of the conversation that is ours: where the request came in, and what else we serve. */
export interface ServerSide {
  readonly arrival: Pick<Arrival, "self">;
  readonly port: DhcpPort;
  readonly ports: BootPorts;
}

/** The most that `file` holds beside its NUL. */
const FILE_BYTES = 127;
const TFTP_PORT = 69;
/** iPXE takes the offer with the highest one: ours, where some other server speaks to it too (I3). */
const HIGHEST_PRIORITY = 127;

/**
 * The kind of reply that a request may get here; `undefined` when it is not for us at all.
 *
 * On 67 a REQUEST accepts some other server's address, and a boot item there answers some other
 * server's menu. On 4011 everything was sent to us.
 */
export function replyType(request: DhcpPacket, port: DhcpPort): ReplyType | undefined {
  const type = messageType(request);
  if (request.op !== BOOTREQUEST || type === undefined) return undefined;
  if (type === "DISCOVER") return "OFFER";
  if (type === "REQUEST") return port === 4011 ? "ACK" : undefined;
  if (type === "INFORM") return port === 4011 || !request.options.has(OPTION.PXE_VENDOR) ? "ACK" : undefined;
  return undefined;
}

/**
 * The message type of a packet; `undefined` when it has none (plain BOOTP), or one of a later RFC.
 *
 * @throws {@link WireError} `WIRE_BAD_LENGTH`
 */
export function messageType(packet: DhcpPacket): MessageType | undefined {
  const value = packet.options.get(OPTION.MESSAGE_TYPE);
  return value === undefined ? undefined : decodeMessageType(value);
}

/**
 * The largest IP packet that the reply may be, in bytes: what the client says it takes, as far as the
 * interface carries it.
 */
export function replyLimit(request: DhcpPacket, mtu: number): number {
  const value = request.options.get(OPTION.MESSAGE_SIZE);
  return value === undefined ? 0 : Math.min(decodeMessageSize(value), mtu);
}

/**
 * Makes the reply that carries out a decision.
 *
 * @returns `undefined` for silence
 * @throws {@link WireError} when the request's PXE options are malformed
 */
export function answer(
  request: DhcpPacket,
  client: BootClient,
  decision: BootDecision,
  server: ServerSide,
): DhcpPacket | undefined {
  const type = replyType(request, server.port);
  const boot = bootFile(request, client, decision, server);
  if (type === undefined || boot === undefined) return undefined;

  const item = bootItem(request, server.port);
  if (item !== undefined && (item.layer & CREDENTIALS_LAYER) !== 0) return undefined;
  const vendor = vendorOptions(client, boot, item);

  const { self } = server.arrival;
  const relayAgent = request.options.get(OPTION.RELAY_AGENT);
  const uuid = request.options.get(OPTION.CLIENT_UUID);
  return {
    ...header(request, type, item !== undefined),
    siaddr: self,
    sname: boot.bare ? self : "",
    file: boot.name.length <= FILE_BYTES ? boot.name : "",
    // The order is that of the field's other servers, except that 66 follows 43: old Raspberry Pis take
    // the last of the two (R4). 67 is never last, so that whoever reads past it does not meet the END (Q7).
    options: new Map<number, Uint8Array>([
      [OPTION.MESSAGE_TYPE, encodeMessageType(type)],
      [OPTION.SERVER_ID, encodeIpv4(self)],
      [OPTION.VENDOR_CLASS, encodeVendorClass(client.stage === "http-boot" ? HTTP_CLIENT : PXE_CLIENT)],
      ...entry(OPTION.PXE_VENDOR, vendor && encodePxeVendorOptions(vendor)),
      ...entry(OPTION.TFTP_SERVER_NAME, boot.bare ? encodeBootName(self) : undefined),
      [OPTION.BOOT_FILE_NAME, encodeBootName(boot.name)],
      // Echoed and never invented: ROMs compare it with their own (Q5).
      ...entry(OPTION.CLIENT_UUID, uuid),
      ...entry(
        OPTION.IPXE,
        client.stage === "ipxe" ? encodeIpxeOptions({ priority: HIGHEST_PRIORITY }) : undefined,
      ),
      // The relay finds it at the end, as it put it there (RFC 3046 §2.2).
      ...entry(OPTION.RELAY_AGENT, relayAgent),
    ]),
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
      return { name: scriptUrl(client, decision.host, arrival, ports), bare: false };
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

/** The header of a reply, as RFC 2131 table 3 has it for a server that gives no address. */
function header(request: DhcpPacket, type: ReplyType, forBootItem: boolean) {
  const ciaddr = type === "ACK" ? request.ciaddr : UNSPECIFIED;
  return {
    op: BOOTREPLY,
    htype: request.htype,
    hlen: request.hlen,
    hops: 0,
    xid: request.xid,
    secs: 0,
    // Without an address of its own the client, or its relay, must hear it by broadcast: there is no
    // yiaddr here to send to.
    flags: ciaddr === UNSPECIFIED ? request.flags | BROADCAST_FLAG : request.flags,
    // To a boot item PXE servers answer with the client's address in the other field, and ROMs know it so.
    ciaddr: forBootItem ? UNSPECIFIED : ciaddr,
    yiaddr: forBootItem ? ciaddr : UNSPECIFIED,
    giaddr: request.giaddr,
    chaddr: request.chaddr,
  } as const;
}

function entry(code: number, value: Uint8Array | undefined): [number, Uint8Array][] {
  return value === undefined ? [] : [[code, value]];
}
