/** The DHCP requests that a machine would send, made up from what is known of it. */

import { encodeClientArch } from "../../wire/dhcp/client-arch.ts";
import { encodeClientUuid } from "../../wire/dhcp/client-uuid.ts";
import { IPXE_FEATURE } from "../../wire/dhcp/ipxe-options.ts";
import { encodeMessageType } from "../../wire/dhcp/message-type.ts";
import { OPTION } from "../../wire/dhcp/option.ts";
import { BOOTREQUEST, BROADCAST_FLAG, type DhcpPacket, ETHERNET } from "../../wire/dhcp/packet.ts";
import { encodeText } from "../../wire/dhcp/text.ts";
import { encodeVendorClass } from "../../wire/dhcp/vendor-class.ts";
import { type Ipv4, UNSPECIFIED } from "../../wire/net/ipv4.ts";
import type { Mac } from "../../wire/net/mac.ts";
import type { DhcpStage } from "../client.ts";

/** What is known of a machine. */
export interface MachineFacts {
  readonly mac: Mac;
  readonly uuid?: string;
  readonly serial?: string;
  /** Option 93. */
  readonly arch: number;
  /** Option 60, where it is not what the stage and the architecture make it. */
  readonly vendorClass?: string;
}

const UNDI: Readonly<Record<Exclude<DhcpStage, "u-boot">, string>> = {
  rom: "002001",
  "pi-rom": "002001",
  uefi: "003000",
  "http-boot": "003000",
  ipxe: "003010",
};

/** Features that any whole iPXE says it has. */
const IPXE_SAYS: readonly number[] = [IPXE_FEATURE.HTTP, IPXE_FEATURE.BZIMAGE, IPXE_FEATURE.EFI];

/**
 * Makes up a request.
 *
 * @param address - the machine's own: absent for a DISCOVER, given for the REQUEST that goes to port 4011
 */
export function imagineRequest(facts: MachineFacts, stage: DhcpStage, address?: Ipv4): DhcpPacket {
  const chaddr = new Uint8Array(16);
  chaddr.set(macBytes(facts.mac));
  return {
    op: BOOTREQUEST,
    htype: ETHERNET,
    hlen: 6,
    hops: 0,
    xid: 0,
    secs: 0,
    flags: address === undefined ? BROADCAST_FLAG : 0,
    ciaddr: address ?? UNSPECIFIED,
    yiaddr: UNSPECIFIED,
    siaddr: UNSPECIFIED,
    giaddr: UNSPECIFIED,
    chaddr,
    sname: "",
    file: "",
    options: new Map(optionsOf(facts, stage, address)),
  };
}

function optionsOf(facts: MachineFacts, stage: DhcpStage, address: Ipv4 | undefined): [number, Uint8Array][] {
  const { arch, vendorClass, uuid } = facts;
  const isPi = stage === "pi-rom";
  return [
    [OPTION.MESSAGE_TYPE, encodeMessageType(address === undefined ? "DISCOVER" : "REQUEST")],
    [OPTION.VENDOR_CLASS, encodeVendorClass(vendorClass ?? ownClass(stage, arch))],
    [OPTION.CLIENT_ARCH, encodeClientArch([arch])],
    ...(isPi ? [[OPTION.CLIENT_UUID, piUuid(facts)] as [number, Uint8Array]] : []),
    ...(isPi || uuid === undefined
      ? []
      : [[OPTION.CLIENT_UUID, encodeClientUuid(uuid)] as [number, Uint8Array]]),
    ...(stage === "ipxe" ? ipxeOptions() : []),
  ];
}

function ownClass(stage: DhcpStage, arch: number): string {
  if (stage === "u-boot") return arch === 21 ? "U-Boot.armv7" : "U-Boot.armv8";
  const client = stage === "http-boot" ? "HTTPClient" : "PXEClient";
  return `${client}:Arch:${String(arch).padStart(5, "0")}:UNDI:${UNDI[stage]}`;
}

function ipxeOptions(): [number, Uint8Array][] {
  return [
    [OPTION.USER_CLASS, encodeText("iPXE")],
    [OPTION.IPXE, Uint8Array.from(IPXE_SAYS.flatMap((feature) => [feature, 1, 1]))],
  ];
}

/** Option 97 of a Raspberry Pi: type 0, "RPi4", board, the end of its MAC, its serial number (R2). */
function piUuid({ mac, serial }: MachineFacts): Uint8Array {
  const number = /^[0-9a-f]{1,8}$/i.test(serial ?? "") ? Number.parseInt(serial ?? "", 16) : 0;
  const bytes = new Uint8Array(17);
  bytes.set(encodeText("RPi4"), 1);
  bytes.set(macBytes(mac).subarray(2), 9);
  new DataView(bytes.buffer).setUint32(13, number, true);
  return bytes;
}

function macBytes(mac: Mac): Uint8Array {
  return Uint8Array.from(mac.split(":"), (byte) => Number.parseInt(byte, 16));
}
