/**
 * A lease decision as a DHCP packet: the address, the operator's options, and the boot part for those
 * that netboot.
 *
 * @see RFC 2131 §4.3 table 3, RFC 2132
 */

import { decodeIpxeOptions, encodeIpxeOptions } from "../../wire/dhcp/ipxe-options.ts";
import { encodeMessageType } from "../../wire/dhcp/message-type.ts";
import { encodeNumber } from "../../wire/dhcp/numbers.ts";
import { OPTION } from "../../wire/dhcp/option.ts";
import { BROADCAST_FLAG, type DhcpPacket } from "../../wire/dhcp/packet.ts";
import { encodeText } from "../../wire/dhcp/text.ts";
import { decodeVendorClass, PXE_CLIENT } from "../../wire/dhcp/vendor-class.ts";
import { encodeIpv4, UNSPECIFIED } from "../../wire/net/ipv4.ts";
import { ipv4Broadcast, ipv4Mask } from "../../wire/net/ipv4-prefix.ts";
import { describeNak } from "../lease/describe-lease.ts";
import type { LeaseDecision } from "../lease/lease-decision.ts";
import { serverIdentifier } from "../lease/lease-request.ts";
import type { Reservation, Subnet } from "../lease/subnet.ts";
import type { Arrival } from "../peer.ts";
import type { BootPart } from "./boot-part.ts";
import { isIpxe } from "./identify.ts";
import { replyHeader } from "./reply-header.ts";
import { type OptionEntry, withinRoom } from "./reply-room.ts";
import { replyLimit } from "./reply-type.ts";

/** What DHCP clients take as the times of renewing and rebinding where nobody says. @see RFC 2131 §4.4.5 */
const RENEWAL_SHARE = 0.5;
const REBINDING_SHARE = 0.875;

/**
 * Makes the reply that carries out a lease decision.
 *
 * @param boot - of `bootPart()`, for a client that netboots and has something to boot
 * @returns `undefined` for silence
 * @throws {@link import("../../wire/error.ts").WireError} when options of the request are malformed
 */
export function answerLease(
  request: DhcpPacket,
  decision: LeaseDecision,
  arrival: Pick<Arrival, "self" | "mtu">,
  boot?: BootPart,
): DhcpPacket | undefined {
  const serverId: OptionEntry = [
    OPTION.SERVER_ID,
    encodeIpv4(serverIdentifier({ request, self: arrival.self })),
  ];
  switch (decision.type) {
    case "offer":
    case "ack": {
      const { subnet, reservation, address, leaseSeconds } = decision;
      const ciaddr = decision.type === "ack" ? request.ciaddr : UNSPECIFIED;
      const needed = [
        messageType(decision.type === "ack" ? "ACK" : "OFFER"),
        serverId,
        ...leaseTimes(leaseSeconds),
      ];
      const options = wholeReply(request, needed, subnet, reservation, arrival.mtu, boot);
      return { ...replyHeader(request), ...bootFields(boot), ciaddr, yiaddr: address, options };
    }
    case "inform-ack": {
      const needed = [messageType("ACK"), serverId];
      const { subnet, reservation } = decision;
      const options = wholeReply(request, needed, subnet, reservation, arrival.mtu, boot);
      return { ...replyHeader(request), ...bootFields(boot), ciaddr: request.ciaddr, options };
    }
    case "nak": {
      const options: readonly OptionEntry[] = [
        messageType("NAK"),
        serverId,
        [OPTION.MESSAGE, encodeText(describeNak(decision))],
      ];
      // Through a relay too it has to be heard by a client that uses a wrong address (RFC 2131 §4.3.2).
      const flags = request.giaddr === UNSPECIFIED ? request.flags : request.flags | BROADCAST_FLAG;
      return { ...replyHeader(request), flags, options: new Map([...options, ...echoed(request)]) };
    }
    case "released":
    case "declined":
    case "probe":
    case "silent":
      return undefined;
  }
}

function bootFields(boot: BootPart | undefined) {
  return boot === undefined ? {} : { siaddr: boot.siaddr, sname: boot.sname, file: boot.file };
}

/**
 * All options of an OFFER or ACK, in order: what the client needs, the boot part as it is, what it asks
 * for in its own order, then what else the operator gives. Of these two, as much as there is room for: an
 * address without a search list is better than none.
 */
function wholeReply(
  request: DhcpPacket,
  needed: readonly OptionEntry[],
  subnet: Subnet,
  reservation: Reservation | undefined,
  mtu: number,
  boot: BootPart | undefined,
): ReadonlyMap<number, Uint8Array> {
  const bootOptions = boot === undefined ? [] : ownBootOptions(request, boot);
  const given = givenOptions(subnet, reservation);
  const own = boot === undefined ? [] : boot.options.map(([code]) => code);
  // Whoever boots from us is not told by the operator's own 43 or 67 to do something else.
  const taken = new Set([...needed.map(([code]) => code), ...(boot === undefined ? [] : BOOT_CODES), ...own]);
  const asked = [...new Set(request.options.get(OPTION.PARAMETER_LIST) ?? [])];
  // The mask has to come before the routers (RFC 2132 §3.3).
  const order = [OPTION.SUBNET_MASK, ...asked, ...given.keys()];
  const wanted = [...new Set<number>(order)].flatMap((code): OptionEntry[] => {
    const value = given.get(code);
    const isWanted = code !== OPTION.HOST_NAME || asked.includes(code) || reservation?.options.has(code);
    return value === undefined || taken.has(code) || isWanted !== true ? [] : [[code, value]];
  });
  const always = wanted.filter(([code]) => ALWAYS.has(code));
  const rest = wanted.filter((entry) => !always.includes(entry));
  const first = [...needed, ...bootOptions];
  const last = echoed(request);
  const fitting = withinRoom([...first, ...always], rest, last, replyLimit(request, mtu));
  return new Map([...first, ...wanted.filter(([code]) => fitting.has(code)), ...last]);
}

const BOOT_CODES: readonly number[] = [
  OPTION.PXE_VENDOR,
  OPTION.VENDOR_CLASS,
  OPTION.TFTP_SERVER_NAME,
  OPTION.BOOT_FILE_NAME,
];

/** Sent without being asked for: some ROMs ask for nothing, and need them (R4). */
const ALWAYS: ReadonlySet<number> = new Set([OPTION.SUBNET_MASK, OPTION.ROUTER]);

/** What the operator gives this client, the host's own before the subnet's, and what follows from the subnet itself. */
function givenOptions(subnet: Subnet, reservation: Reservation | undefined): Map<number, Uint8Array> {
  const name = reservation?.host;
  return new Map<number, Uint8Array>([
    [OPTION.SUBNET_MASK, encodeIpv4(ipv4Mask(subnet))],
    [OPTION.BROADCAST_ADDRESS, encodeIpv4(ipv4Broadcast(subnet))],
    ...(name !== undefined && isDnsName(name) ? [[OPTION.HOST_NAME, encodeText(name)] as const] : []),
    ...subnet.options,
    ...(reservation?.options ?? []),
  ]);
}

function leaseTimes(seconds: number): OptionEntry[] {
  return [
    [OPTION.LEASE_SECONDS, encodeNumber(seconds, 4)],
    [OPTION.RENEWAL_SECONDS, encodeNumber(Math.floor(seconds * RENEWAL_SHARE), 4)],
    [OPTION.REBINDING_SECONDS, encodeNumber(Math.floor(seconds * REBINDING_SHARE), 4)],
  ];
}

/**
 * The boot options beside an address of ours.
 *
 * UEFI takes an offer with an address and the class `PXEClient` for one that has to be asked again on
 * 4011, unless option 43 says otherwise (Q2); one without the class it takes as it is. iPXE would wait
 * for a proxy, and is told that there is none (I2).
 */
function ownBootOptions(request: DhcpPacket, { options }: BootPart): readonly OptionEntry[] {
  const hasVendor = options.some(([code]) => code === OPTION.PXE_VENDOR);
  const own = options.filter(
    ([code, value]) =>
      code !== OPTION.IPXE &&
      (code !== OPTION.VENDOR_CLASS || hasVendor || decodeVendorClass(value).kind !== PXE_CLIENT),
  );
  if (!isIpxe(request)) return own;
  const said = options.find(([code]) => code === OPTION.IPXE)?.[1];
  const { priority } = said === undefined ? {} : decodeIpxeOptions(said);
  const ipxe = encodeIpxeOptions({ ...(priority !== undefined && { priority }), noProxyDhcp: true });
  return [...own, [OPTION.IPXE, ipxe]];
}

/**
 * What the client and the relay sent and want back: the client id (RFC 6842), the subnet that was chosen
 * (RFC 3011), and at the very end what the relay put there (RFC 3046 §2.2).
 */
function echoed({ options }: DhcpPacket): OptionEntry[] {
  return [OPTION.CLIENT_ID, OPTION.SUBNET_SELECTION, OPTION.RELAY_AGENT].flatMap((code): OptionEntry[] => {
    const value = options.get(code);
    return value === undefined ? [] : [[code, value]];
  });
}

function messageType(type: "OFFER" | "ACK" | "NAK"): OptionEntry {
  return [OPTION.MESSAGE_TYPE, encodeMessageType(type)];
}

/** Labels as Linux takes them for its host name. */
function isDnsName(name: string): boolean {
  return (
    name.length <= 64 &&
    name.split(".").every((label) => /^[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?$/.test(label))
  );
}
