/** Advice for dnsmasq, and for what has dnsmasq inside: Pi-hole, libvirt, OpenWrt, OPNsense. */

import { type AdviceFacts, clientRows, IPXE_CLASS, IPXE_TAG, ipxeUrl, vendorClasses } from "./client-rows.ts";
import { framed } from "./frame.ts";
import { hexBytes, PI_OPTION_43, PI_TAG, PI_UUID_START } from "./raspberry-pi.ts";

/** The whole text for a dnsmasq that reads a folder of configurations. */
export function dnsmasqAdvice(facts: AdviceFacts): string {
  return framed(
    facts,
    {
      title: "dnsmasq",
      where: [
        "Save this as /etc/dnsmasq.d/mayfly.conf (Pi-hole: the same folder, with misc.etc_dnsmasq_d switched on), " +
          "check it by 'dnsmasq --test', and restart dnsmasq: 'systemctl restart dnsmasq'.",
      ],
      notes: ["It adds to the dhcp-range that is there. Remove other dhcp-boot and pxe-service lines."],
    },
    dnsmasqLines(facts),
  );
}

/**
 * The lines themselves.
 *
 * No pxe-service: it makes dnsmasq say PXEClient in option 60, and UEFI then asks port 4011 of a server
 * that has nobody there (Q2). dnsmasq ends the boot file by a NUL of its own accord (Q7).
 */
export function dnsmasqLines(facts: AdviceFacts): string[] {
  const { self } = facts;
  const rows = clientRows(facts);
  return [
    "# iPXE says who it is, however it was started. It gets the script and never a boot program again.",
    `dhcp-match=set:${IPXE_TAG},175`,
    `dhcp-userclass=set:${IPXE_TAG},${IPXE_CLASS}`,
    `dhcp-boot=tag:${IPXE_TAG},${ipxeUrl(facts)},${self},${self}`,
    "# It need not wait two seconds for a second DHCP server.",
    `dhcp-option-force=tag:${IPXE_TAG},encap:175,176,1b`,
    ...rows.flatMap((row) => [
      "",
      `# ${row.people}`,
      ...vendorClasses(row).map((each) => `dhcp-vendorclass=set:${row.tag},${each}`),
      `dhcp-boot=tag:${row.tag},tag:!${IPXE_TAG},${row.bootFile},${self},${self}`,
      ...(row.transport === "http"
        ? [`dhcp-option-force=tag:${row.tag},tag:!${IPXE_TAG},60,HTTPClient`]
        : []),
    ]),
    "",
    "# Raspberry Pi: its own ROM looks for its firmware on the TFTP server when it finds these words.",
    `dhcp-match=set:${PI_TAG}-board,97,${hexBytes(PI_UUID_START, ":")}`,
    `tag-if=set:${PI_TAG},tag:${PI_TAG}-board,tag:mayfly-bios-x86,tag:!${IPXE_TAG}`,
    `dhcp-option-force=tag:${PI_TAG},43,${hexBytes(PI_OPTION_43, ":")}`,
  ];
}
