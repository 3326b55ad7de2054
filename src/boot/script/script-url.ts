/** The URL of a machine's script, as DHCP gives it to iPXE. */

import { formatExpansion } from "../../wire/ipxe/script.ts";
import { hyphenMac } from "../../wire/net/mac.ts";
import type { BootClient } from "../client.ts";
import type { Host } from "../host.ts";
import type { Arrival, BootPorts } from "../peer.ts";

/** iPXE expands settings in the file name that DHCP gives it, in every version (usr/autoboot.c). */
const SERIAL = `serial=${formatExpansion("serial:uristring")}`;

/**
 * The URL under which this machine, asking over this interface, gets its script.
 *
 * DHCP does not tell a serial number. A machine that was not named by its MAC address or UUID is asked
 * to say its own, since a host may be known by nothing else. Without that the URL fits in the 127 bytes
 * of a packet's `file` field.
 */
export function scriptUrl(
  client: Pick<BootClient, "mac" | "uuid" | "isa">,
  host: Pick<Host, "macs" | "uuids">,
  { self }: Pick<Arrival, "self">,
  { http }: Pick<BootPorts, "http">,
): string {
  const { mac, uuid, isa } = client;
  const isNamed = host.macs.includes(mac) || (uuid !== undefined && host.uuids.includes(uuid));
  const query = [
    `mac=${hyphenMac(mac)}`,
    ...(uuid === undefined ? [] : [`uuid=${uuid}`]),
    ...(isa === undefined ? [] : [`arch=${isa}`]),
    ...(isNamed ? [] : [SERIAL]),
  ];
  return `${bareScriptUrl({ self }, { http })}?${query.join("&")}`;
}

/** The URL under which iPXE is asked everything that it knows of its machine, more than fits in a packet. */
export function bareScriptUrl({ self }: Pick<Arrival, "self">, { http }: Pick<BootPorts, "http">): string {
  return `http://${self}:${http}/netboot.ipxe`;
}
