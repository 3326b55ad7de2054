/**
 * The question of `mayfly doctor --probe`: a DISCOVER as firmware sends it, of a machine that there is not.
 *
 * Nobody takes what is offered. Mayfly's own server knows the question, says that it is there, and
 * remembers nothing of it.
 */

import { encodeClientArch } from "../../wire/dhcp/client-arch.ts";
import { encodeClientUuid } from "../../wire/dhcp/client-uuid.ts";
import { encodeMessageType } from "../../wire/dhcp/message-type.ts";
import { encodeNetworkInterface } from "../../wire/dhcp/network-interface.ts";
import { encodeNumber } from "../../wire/dhcp/numbers.ts";
import { OPTION } from "../../wire/dhcp/option.ts";
import { BOOTREQUEST, BROADCAST_FLAG, type DhcpPacket, ETHERNET } from "../../wire/dhcp/packet.ts";
import { decodeUserClass, encodeUserClass } from "../../wire/dhcp/user-class.ts";
import { encodeVendorClass, PXE_CLIENT } from "../../wire/dhcp/vendor-class.ts";
import { encodeIpv4, type Ipv4, UNSPECIFIED } from "../../wire/net/ipv4.ts";
import { encodeMac, formatMac, type Mac } from "../../wire/net/mac.ts";
import { replyHeader } from "../dhcp/reply-header.ts";
import { messageType } from "../dhcp/reply-type.ts";

/** The user class of the question, and of a Mayfly's answer. */
const PROBE_CLASS = "mayfly-doctor";
/** Locally administered; the other three bytes are chance. */
const PROBE_MAC = Uint8Array.of(0x66, 0x6c, 0x79);

/** The firmwares that it asks as: some boot servers answer only those that they have a file for. */
export const PROBE_ARCHS = [7, 0, 11] as const;

/** How a Mayfly that answers is run. */
export type MayflyMode = "proxy" | "authoritative";

export interface ProbeQuestion {
  readonly mac: Mac;
  /** One of {@link PROBE_ARCHS}. */
  readonly arch: number;
  /** 32 bits; the answers have them too. */
  readonly xid: number;
  /** For how long it has been asking. */
  readonly secs: number;
}

/** A MAC address for a machine that there is not. @param chance - three bytes */
export function probeMac(chance: Uint8Array): Mac {
  return formatMac(Uint8Array.of(...PROBE_MAC, ...chance.subarray(0, 3)));
}

/** Whether a MAC address is one of {@link probeMac}. */
export function isProbeMac(mac: Mac): boolean {
  return encodeMac(mac.slice(0, 8)).every((byte, i) => byte === PROBE_MAC[i]);
}

/** What firmware asks for: mask, router, name, size, path, vendor options, class, 66, 67, PXE's own. */
const WANTED = [
  1, 2, 3, 4, 5, 6, 12, 13, 15, 17, 18, 22, 23, 28, 40, 41, 42, 43, 50, 51, 54, 58, 59, 60, 66, 67,
];
const MAX_MESSAGE_BYTES = 1472;
const UNDI = { type: 1, major: 3, minor: 16 } as const;

/** Makes the DISCOVER. Its answers are to be broadcast: nobody has the MAC address. */
export function makeProbe({ mac, arch, xid, secs }: ProbeQuestion): DhcpPacket {
  const chaddr = new Uint8Array(16);
  chaddr.set(encodeMac(mac));
  const node = mac.replaceAll(":", "");
  const archText = String(arch).padStart(5, "0");
  return {
    ...{ op: BOOTREQUEST, htype: ETHERNET, hlen: 6, hops: 0, xid, secs, flags: BROADCAST_FLAG, chaddr },
    ...{ ciaddr: UNSPECIFIED, yiaddr: UNSPECIFIED, siaddr: UNSPECIFIED, giaddr: UNSPECIFIED },
    ...{ sname: "", file: "" },
    options: new Map<number, Uint8Array>([
      [OPTION.MESSAGE_TYPE, encodeMessageType("DISCOVER")],
      [OPTION.MESSAGE_SIZE, encodeNumber(MAX_MESSAGE_BYTES, 2)],
      [OPTION.PARAMETER_LIST, Uint8Array.from(WANTED)],
      [OPTION.CLIENT_UUID, encodeClientUuid(`00000000-0000-4000-8000-${node}`)],
      [OPTION.NETWORK_INTERFACE, encodeNetworkInterface(UNDI)],
      [OPTION.CLIENT_ARCH, encodeClientArch([arch])],
      [OPTION.VENDOR_CLASS, encodeVendorClass(`${PXE_CLIENT}:Arch:${archText}:UNDI:003016`)],
      [OPTION.USER_CLASS, encodeUserClass([PROBE_CLASS])],
    ]),
  };
}

/** Whether a request is the question of a doctor. */
export function isProbe(request: DhcpPacket): boolean {
  return (
    request.op === BOOTREQUEST && classesOf(request)[0] === PROBE_CLASS && messageType(request) === "DISCOVER"
  );
}

/** What a Mayfly says to it: that it is there, and no more. */
export function answerProbe(request: DhcpPacket, self: Ipv4, mode: MayflyMode): DhcpPacket {
  const relayAgent = request.options.get(OPTION.RELAY_AGENT);
  return {
    ...replyHeader(request),
    options: new Map<number, Uint8Array>([
      [OPTION.MESSAGE_TYPE, encodeMessageType("OFFER")],
      [OPTION.SERVER_ID, encodeIpv4(self)],
      [OPTION.VENDOR_CLASS, encodeVendorClass(PXE_CLIENT)],
      [OPTION.USER_CLASS, encodeUserClass([PROBE_CLASS, mode])],
      ...(relayAgent === undefined ? [] : [[OPTION.RELAY_AGENT, relayAgent] as const]),
    ]),
  };
}

/** How the Mayfly is run that sent this answer; `undefined`: it is another server's. */
export function mayflyMode(answer: DhcpPacket): MayflyMode | undefined {
  const [name, mode] = classesOf(answer);
  return name === PROBE_CLASS && (mode === "proxy" || mode === "authoritative") ? mode : undefined;
}

function classesOf({ options }: DhcpPacket): readonly string[] {
  const value = options.get(OPTION.USER_CLASS);
  return value === undefined ? [] : decodeUserClass(value);
}
