/**
 * What EDK2's PXE client takes an offer for, by the rules that its source has had since 2009: whether the
 * class is `PXEClient`, and whether option 43 then says how to find boot servers.
 */

import { OPTION } from "../../src/wire/dhcp/option.ts";
import type { DhcpPacket } from "../../src/wire/dhcp/packet.ts";
import { decodePxeVendorOptions } from "../../src/wire/dhcp/pxe-vendor.ts";
import { decodeText } from "../../src/wire/dhcp/text.ts";
import { UNSPECIFIED } from "../../src/wire/net/ipv4.ts";

export interface Edk2Offer {
  /**
   * - `pxe10`: option 43 says where the boot file is
   * - `binl`: it asks the server again on 4011, even if a boot file is named
   * - `dhcp-only`: it takes the boot file that is named
   */
  readonly type: "pxe10" | "binl" | "dhcp-only" | "proxy-pxe10" | "proxy-binl";
  readonly hasBootFile: boolean;
}

/** Sorts an offer or an ACK as EDK2 does. */
export function edk2Offer({ yiaddr, file, options }: DhcpPacket): Edk2Offer {
  const isPxe = decodeText(options.get(OPTION.VENDOR_CLASS) ?? new Uint8Array()).startsWith("PXEClient");
  const vendor = isPxe ? options.get(OPTION.PXE_VENDOR) : undefined;
  const discovers = vendor !== undefined && decodePxeVendorOptions(vendor).discoveryControl !== undefined;
  const kind = discovers ? "pxe10" : isPxe ? "binl" : "dhcp-only";
  const isProxy = yiaddr === UNSPECIFIED && kind !== "dhcp-only";
  return {
    type: isProxy ? `proxy-${kind}` : kind,
    hasBootFile: options.has(OPTION.BOOT_FILE_NAME) || file !== "",
  };
}
