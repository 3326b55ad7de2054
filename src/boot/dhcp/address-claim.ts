/** What a DHCP request says about the address of whoever sent it. */

import { OPTION } from "../../wire/dhcp/option.ts";
import type { DhcpPacket } from "../../wire/dhcp/packet.ts";
import { decodeIpv4, type Ipv4, UNSPECIFIED } from "../../wire/net/ipv4.ts";
import type { Mac } from "../../wire/net/mac.ts";
import type { SightingKind } from "../attribution.ts";
import type { Peer } from "../peer.ts";
import { readMac } from "./identify.ts";
import { type DhcpPort, messageType } from "./reply-type.ts";

export interface AddressClaim {
  readonly mac: Mac;
  readonly address: Ipv4;
  readonly kind: SightingKind;
}

/**
 * Reads the address that a request claims.
 *
 * A REQUEST on 67 names it in option 50, be it meant for another server: the broadcast reaches us too.
 * One that has an address already fills `ciaddr`; where the packet came from elsewhere, a router
 * translated it, and the address that we see is perhaps not the machine's alone.
 *
 * @throws {@link import("../../wire/error.ts").WireError} for a malformed message type or option 50
 */
export function addressClaim(request: DhcpPacket, port: DhcpPort, from: Peer): AddressClaim | undefined {
  const type = messageType(request);
  if (type !== "REQUEST" && type !== "INFORM") return undefined;
  const mac = readMac(request);
  if (mac === undefined) return undefined;
  const { ciaddr } = request;
  if (ciaddr === UNSPECIFIED) {
    const wanted = request.options.get(OPTION.REQUESTED_ADDRESS);
    return wanted === undefined || port === 4011
      ? undefined
      : { mac, address: decodeIpv4(wanted), kind: "lease" };
  }
  if (port === 67 || from.address === ciaddr) return { mac, address: ciaddr, kind: "lease" };
  return from.address === UNSPECIFIED ? undefined : { mac, address: from.address, kind: "request" };
}
