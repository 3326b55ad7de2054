/** Advice for OpenWrt, whose DHCP server is dnsmasq and reads a file of its own beside UCI's settings. */

import type { AdviceFacts } from "./client-rows.ts";
import { dnsmasqLines } from "./dnsmasq.ts";
import { framed } from "./frame.ts";

export function openwrtAdvice(facts: AdviceFacts): string {
  return framed(
    facts,
    {
      title: "OpenWrt",
      where: [
        "Append this to /etc/dnsmasq.conf on the router (by ssh; upgrades keep that file), and restart its DHCP " +
          "server: '/etc/init.d/dnsmasq restart'.",
      ],
      notes: [
        "UCI and LuCI have one boot file for a tag at most, and cannot say 'not iPXE'; this file can. Leave " +
          "'Network boot image' in LuCI (dhcp_boot in UCI) empty.",
      ],
    },
    dnsmasqLines(facts),
  );
}
