/** DHCP packets for tests: a request as some client would send it, changed where a test needs it. */

import { encodeClientArch } from "../../src/wire/dhcp/client-arch.ts";
import { encodeClientUuid } from "../../src/wire/dhcp/client-uuid.ts";
import { encodeMessageType, type MessageType } from "../../src/wire/dhcp/message-type.ts";
import { OPTION } from "../../src/wire/dhcp/option.ts";
import { BOOTREQUEST, type DhcpPacket, ETHERNET } from "../../src/wire/dhcp/packet.ts";
import { encodeText } from "../../src/wire/dhcp/text.ts";
import { UNSPECIFIED } from "../../src/wire/net/ipv4.ts";

export const MAC = "52:54:00:12:34:56";
export const UUID = "4c4c4544-0042-3510-8052-b4c04f4e4d31";

/** Hex digits as bytes; blanks between them are for the reader. */
export function unhex(text: string): Uint8Array {
  return Uint8Array.from(text.replaceAll(/\s/g, "").match(/../g) ?? [], (byte) => Number.parseInt(byte, 16));
}

export interface RequestFacts {
  readonly type?: MessageType;
  readonly mac?: string;
  /** Option 60. */
  readonly vendorClass?: string;
  /** Option 93. */
  readonly archs?: readonly number[];
  readonly uuid?: string;
  /** Anything else, and what the facts above do not say; set last. */
  readonly options?: ReadonlyMap<number, Uint8Array>;
  readonly header?: Partial<DhcpPacket>;
}

/** A request. By default the DISCOVER of a client that tells nothing but its address. */
export function request(facts: RequestFacts = {}): DhcpPacket {
  const options = new Map([[OPTION.MESSAGE_TYPE as number, encodeMessageType(facts.type ?? "DISCOVER")]]);
  if (facts.vendorClass !== undefined) options.set(OPTION.VENDOR_CLASS, encodeText(facts.vendorClass));
  if (facts.archs !== undefined) options.set(OPTION.CLIENT_ARCH, encodeClientArch(facts.archs));
  if (facts.uuid !== undefined) options.set(OPTION.CLIENT_UUID, encodeClientUuid(facts.uuid));
  for (const [code, value] of facts.options ?? []) options.set(code, value);
  const chaddr = new Uint8Array(16);
  chaddr.set(unhex((facts.mac ?? MAC).replaceAll(":", "")));
  return {
    op: BOOTREQUEST,
    htype: ETHERNET,
    hlen: 6,
    hops: 0,
    xid: 0x12345678,
    secs: 4,
    flags: 0,
    ciaddr: UNSPECIFIED,
    yiaddr: UNSPECIFIED,
    siaddr: UNSPECIFIED,
    giaddr: UNSPECIFIED,
    chaddr,
    sname: "",
    file: "",
    options,
    ...facts.header,
  };
}

/** What a UEFI PXE client says of itself, by architecture number. */
export function pxeClass(arch: number, undi = "003000"): string {
  return `PXEClient:Arch:${String(arch).padStart(5, "0")}:UNDI:${undi}`;
}

/** Option 175 as iPXE 1.0.0 of 2019 sends it from a BIOS: HTTP and bzImage among its features. */
export const IPXE_175 = unhex(`
  b105011af41000 eb03010000 170101 220101 130101 110101 270101 190101 290101
  100102 210101 150101 180101 120101
`);
