/** Advice for UniFi gateways, whose DHCP server has one boot file for a network. */

import { type AdviceFacts, clientRows } from "./client-rows.ts";
import { comment, framed } from "./frame.ts";
import { oneFieldLines } from "./one-field.ts";

export function unifiAdvice(facts: AdviceFacts): string {
  const file = clientRows(facts).find((row) => row.tag === "mayfly-efi-x64")?.bootFile ?? "";
  return framed(
    facts,
    {
      title: "UniFi",
      where: [
        "Better: change nothing here, and leave Mayfly in its normal mode ('dhcp: proxy'). It answers beside the " +
          "gateway, and knows the machines apart, which UniFi cannot. If DHCP Guarding is on for the network " +
          "(Settings > Networks > the network), add Mayfly's address to its trusted servers, or its answers are dropped.",
        "",
        "Only where Mayfly cannot hear the machines' broadcasts: Settings > Networks > the network > DHCP > DHCP " +
          "Service Management, and fill in the fields below. It counts for machines that start afterwards. Mayfly " +
          "is then started with 'dhcp: off'.",
      ],
      start: "The names of pages and fields differ a little between versions of UniFi Network.",
    },
    [
      "Network Boot       on",
      `  server           ${facts.self}`,
      `  file name        ${file}`,
      "TFTP Server        leave it off: Network Boot names the server already",
      "",
      ...comment(oneFieldLines(facts)),
    ],
  );
}
