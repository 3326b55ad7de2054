/** The DHCP servers that there is advice for. */

import type { AdviceFacts } from "./client-rows.ts";
import { dnsmasqAdvice } from "./dnsmasq.ts";
import { iscDhcpdAdvice } from "./isc-dhcpd.ts";
import { keaAdvice } from "./kea.ts";
import { mikrotikAdvice } from "./mikrotik.ts";
import { openwrtAdvice } from "./openwrt.ts";
import { opnsenseAdvice } from "./opnsense.ts";
import { pfsenseAdvice } from "./pfsense.ts";
import { unifiAdvice } from "./unifi.ts";

export interface DhcpProduct {
  /** As one types it. */
  readonly name: string;
  /** What the advice can do there. */
  readonly people: string;
  /** The text to put there, its explanations in comments. */
  readonly write: (facts: AdviceFacts) => string;
}

export const DHCP_PRODUCTS: readonly DhcpProduct[] = [
  { name: "dnsmasq", people: "dnsmasq, Pi-hole: every kind of machine", write: dnsmasqAdvice },
  { name: "kea", people: "ISC Kea: every kind of machine", write: keaAdvice },
  { name: "isc-dhcpd", people: "ISC dhcpd: every kind of machine", write: iscDhcpdAdvice },
  { name: "unifi", people: "UniFi gateways: one kind of machine for a network", write: unifiAdvice },
  { name: "pfsense", people: "pfSense: every kind with Kea, UEFI machines without", write: pfsenseAdvice },
  { name: "opnsense", people: "OPNsense: every kind with its Dnsmasq", write: opnsenseAdvice },
  { name: "mikrotik", people: "MikroTik RouterOS 7: every kind of machine", write: mikrotikAdvice },
  { name: "openwrt", people: "OpenWrt: every kind of machine", write: openwrtAdvice },
];
