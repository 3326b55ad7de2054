/** Advice for pfSense: JSON for its Kea where it takes some, else the fields that it has. */

import { type AdviceFacts, clientRows } from "./client-rows.ts";
import { comment, framed } from "./frame.ts";
import { keaClasses } from "./kea.ts";

export function pfsenseAdvice(facts: AdviceFacts): string {
  const classes = keaClasses(facts).map((each) => `  ${JSON.stringify(each)}`);
  return framed(
    facts,
    {
      title: "pfSense with Kea DHCP",
      where: [
        "Services > DHCP Server > Settings > Custom Configuration: put the JSON below there, from { to }, without " +
          "these comments. Save, then Apply Changes. It is added to what pfSense writes itself.",
        "On each interface's own page leave Network Booting off: what stands there would compete with this.",
      ],
      notes: [
        "A version without that field, or with ISC DHCP (System > Advanced > Networking): see the fields at the end.",
      ],
    },
    ['{"client-classes": [', classes.join(",\n"), "]}", "", ...comment(fieldLines(facts))],
  );
}

/** What pfSense calls the fields of an interface's page, in its order, and the row that each is for. */
const FIELDS: readonly (readonly [field: string, tag: string])[] = [
  ["Default BIOS File Name", "mayfly-bios-x86"],
  ["UEFI 32 bit File Name", "mayfly-efi-x86"],
  ["UEFI 64 bit File Name", "mayfly-efi-x64"],
  ["ARM 32 bit File Name", "mayfly-efi-arm32"],
  ["ARM 64 bit File Name", "mayfly-efi-arm64"],
  ["UEFI HTTPBoot URL", "mayfly-efi-x64-http"],
];

function fieldLines(facts: AdviceFacts): string[] {
  const rows = clientRows(facts);
  const filled = FIELDS.map(([field, tag]) => {
    const file = rows.find((row) => row.tag === tag)?.bootFile;
    return `  ${field.padEnd(24)}${file ?? "leave it empty: there is no program for them here"}`;
  });
  return [
    "By fields: Services > DHCP Server > the interface > Network Booting",
    "  Enable Network Booting  on",
    `  ${"Next Server".padEnd(24)}${facts.self}`,
    ...filled,
    "These fields do not know iPXE. UEFI machines boot if their program is iPXE 1.21.1 or newer, which looks for " +
      "autoexec.ipxe first; an older one, and every BIOS machine, starts iPXE for ever. The URL goes to every " +
      "machine with HTTP Boot, arm64 ones too. In its normal mode, 'dhcp: proxy', Mayfly boots all of them and " +
      "needs no setting here.",
  ];
}
