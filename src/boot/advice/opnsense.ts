/** Advice for OPNsense: its dnsmasq takes a file of one's own; its Kea and ISC services know one boot file each. */

import { type AdviceFacts, baseUrl } from "./client-rows.ts";
import { dnsmasqLines } from "./dnsmasq.ts";
import { framed } from "./frame.ts";

export function opnsenseAdvice(facts: AdviceFacts): string {
  return framed(
    facts,
    {
      title: "OPNsense with Dnsmasq DNS & DHCP",
      where: [
        "Save this as /usr/local/etc/dnsmasq.conf.d/mayfly.conf on the firewall (by ssh), and restart the service: " +
          "Services > Dnsmasq DNS & DHCP, or 'configctl dnsmasq restart'.",
        "Leave Services > Dnsmasq DNS & DHCP > DHCP boot empty.",
      ],
      notes: [
        "With Kea DHCP instead: its subnets have one 'TFTP bootfile name' for every machine, which is not enough " +
          "(see 'mayfly print-config unifi' for what such a field can do). Use Dnsmasq, or leave Kea as it is and " +
          "Mayfly in its normal mode, 'dhcp: proxy', which needs no setting here.",
        `A rule that keeps machines from ${baseUrl(facts)} or from UDP port 69 of it keeps them from booting.`,
      ],
    },
    dnsmasqLines(facts),
  );
}
