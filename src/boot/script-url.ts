/** The URL of a machine's script, as DHCP gives it to iPXE. */

import { hyphenMac } from "../wire/net/mac.ts";
import type { BootClient } from "./client.ts";
import type { Arrival, BootPorts } from "./peer.ts";

/**
 * The URL under which this machine, asking over this interface, gets its script.
 *
 * It has what DHCP told and nothing else, and always fits in the 127 bytes of a packet's `file` field:
 * iPXE reads that before option 67.
 */
export function scriptUrl(
  client: Pick<BootClient, "mac" | "uuid" | "isa">,
  { self }: Pick<Arrival, "self">,
  { http }: Pick<BootPorts, "http">,
): string {
  const query = [
    `mac=${hyphenMac(client.mac)}`,
    ...(client.uuid === undefined ? [] : [`uuid=${client.uuid}`]),
    ...(client.isa === undefined ? [] : [`arch=${client.isa}`]),
  ];
  return `http://${self}:${http}/netboot.ipxe?${query.join("&")}`;
}
