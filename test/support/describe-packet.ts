/** A DHCP packet as plain JSON, readable beside Wireshark: for golden files. */

import { decodeClientArch } from "../../src/wire/dhcp/client-arch.ts";
import { decodeClientId } from "../../src/wire/dhcp/client-id.ts";
import { decodeClientUuid } from "../../src/wire/dhcp/client-uuid.ts";
import { decodeIpxeOptions } from "../../src/wire/dhcp/ipxe-options.ts";
import { decodeMessageSize } from "../../src/wire/dhcp/message-size.ts";
import { decodeMessageType } from "../../src/wire/dhcp/message-type.ts";
import { decodeNetworkInterface } from "../../src/wire/dhcp/network-interface.ts";
import { OPTION, optionName } from "../../src/wire/dhcp/option.ts";
import type { DhcpPacket } from "../../src/wire/dhcp/packet.ts";
import { decodePxeVendorOptions } from "../../src/wire/dhcp/pxe-vendor.ts";
import { decodeText } from "../../src/wire/dhcp/text.ts";
import { decodeUserClass } from "../../src/wire/dhcp/user-class.ts";
import { decodeVendorClass } from "../../src/wire/dhcp/vendor-class.ts";
import { decodeIpv4 } from "../../src/wire/net/ipv4.ts";

const READERS: ReadonlyMap<number, (value: Uint8Array) => unknown> = new Map<
  number,
  (value: Uint8Array) => unknown
>([
  [1, (value) => decodeIpv4(value)],
  [3, (value) => decodeIpv4(value)],
  [28, (value) => decodeIpv4(value)],
  [OPTION.PXE_VENDOR, (value) => ({ hex: hex(value), ...decodePxeVendorOptions(value) })],
  [50, (value) => decodeIpv4(value)],
  [OPTION.MESSAGE_TYPE, decodeMessageType],
  [OPTION.SERVER_ID, (value) => decodeIpv4(value)],
  [55, (value) => value.join(" ")],
  [OPTION.MESSAGE_SIZE, decodeMessageSize],
  [OPTION.VENDOR_CLASS, decodeVendorClass],
  [OPTION.CLIENT_ID, (value) => ({ ...decodeClientId(value), id: hex(decodeClientId(value).id) })],
  // With the NUL at its end, which some clients need (Q7).
  [OPTION.TFTP_SERVER_NAME, decodeText],
  [OPTION.BOOT_FILE_NAME, decodeText],
  [OPTION.USER_CLASS, decodeUserClass],
  [OPTION.CLIENT_ARCH, decodeClientArch],
  [OPTION.NETWORK_INTERFACE, decodeNetworkInterface],
  [OPTION.CLIENT_UUID, decodeClientUuid],
  [
    OPTION.IPXE,
    (value) => ({ ...decodeIpxeOptions(value), features: [...decodeIpxeOptions(value).features] }),
  ],
]);

/** The packet with its options named, in order; those that we have no codec for as hex. */
export function describePacket(packet: DhcpPacket): unknown {
  const { options, chaddr, xid, flags, ...rest } = packet;
  return {
    ...rest,
    xid: `0x${xid.toString(16).padStart(8, "0")}`,
    flags: `0x${flags.toString(16).padStart(4, "0")}`,
    chaddr: hex(chaddr),
    options: Object.fromEntries(
      Array.from(options, ([code, value]) => [
        `${code} ${optionName(code)}`,
        READERS.get(code)?.(value) ?? { hex: hex(value) },
      ]),
    ),
  };
}

/** Lower-case hex, two digits a byte. */
export function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
