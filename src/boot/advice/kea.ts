/** Advice for ISC Kea: client classes, as JSON. */

import { type AdviceFacts, clientRows, IPXE_CLASS, IPXE_TAG, ipxeUrl, vendorClasses } from "./client-rows.ts";
import { framed } from "./frame.ts";
import { hexBytes, PI_OPTION_43, PI_TAG, PI_UUID_START } from "./raspberry-pi.ts";

/** The whole text for a Kea that reads files. */
export function keaAdvice(facts: AdviceFacts): string {
  return framed(
    facts,
    {
      title: "Kea DHCPv4",
      where: [
        'Save this as /etc/kea/mayfly.json, and put into /etc/kea/kea-dhcp4.conf, right behind the line "Dhcp4": {',
        '    <?include "/etc/kea/mayfly.json"?>,',
        "Check it by 'kea-dhcp4 -t /etc/kea/kea-dhcp4.conf' and restart: 'systemctl restart kea-dhcp4-server'.",
      ],
      notes: [
        'If "client-classes" is there already, put the entries below into that list instead. Remove other ' +
          "boot-file-name and next-server settings.",
        "The boot file goes into the header of the reply, which ends it by a NUL. Kea cannot end option 67 so, and " +
          "old firmware then asks for a name with garbage at its end: do not add option-data for boot-file-name.",
      ],
    },
    keaFragment(facts),
  );
}

/** What a member of the object `Dhcp4` looks like, without braces around it. */
function keaFragment(facts: AdviceFacts): string[] {
  const classes = keaClasses(facts).map((each) => `  ${JSON.stringify(each)}`);
  return ['"client-classes": [', classes.join(",\n"), "]"];
}

/** A client class as Kea has it since 1.6; nothing here changed its name in later versions. */
export interface KeaClass {
  readonly name: string;
  readonly test: string;
  readonly "next-server"?: string;
  readonly "boot-file-name"?: string;
  readonly "option-def"?: readonly Readonly<Record<string, unknown>>[];
  readonly "option-data"?: readonly Readonly<Record<string, unknown>>[];
}

/** The classes: first iPXE, then all firmware that is not iPXE, no two of which fit one machine. */
export function keaClasses(facts: AdviceFacts): readonly KeaClass[] {
  const boot = (file: string) => ({ "next-server": facts.self, "boot-file-name": file });
  return [
    {
      name: IPXE_TAG,
      test: `option[175].exists or option[77].hex == '${IPXE_CLASS}' or option[77].hex == 0x04${hexText(IPXE_CLASS)}`,
      ...boot(ipxeUrl(facts)),
      // It need not wait two seconds for a second DHCP server (I2).
      "option-data": [{ code: 175, "csv-format": false, data: "b00101", "always-send": true }],
    },
    ...clientRows(facts).map((row) => ({
      name: row.tag,
      test: `${classTest(vendorClasses(row))} and not member('${IPXE_TAG}')`,
      ...boot(row.bootFile),
      ...(row.transport === "http" ? HTTP_CLIENT : {}),
    })),
    piClass(facts),
  ];
}

const HTTP_CLIENT: Pick<KeaClass, "option-data"> = {
  "option-data": [{ name: "vendor-class-identifier", data: "HTTPClient", "always-send": true }],
};

function piClass({ self }: AdviceFacts): KeaClass {
  const start = hexBytes(PI_UUID_START);
  return {
    name: PI_TAG,
    test: `substring(option[97].hex,0,${PI_UUID_START.length}) == 0x${start} and member('mayfly-bios-x86')`,
    "option-def": [{ name: "vendor-encapsulated-options", code: 43, type: "binary" }],
    "option-data": [
      {
        name: "vendor-encapsulated-options",
        "csv-format": false,
        data: hexBytes(PI_OPTION_43),
        "always-send": true,
      },
      // Its ROM takes the server from here and not from the header (R4).
      { name: "tftp-server-name", data: self, "always-send": true },
    ],
  };
}

function classTest(classes: readonly string[]): string {
  const tests = classes.map((text) => `substring(option[60].hex,0,${text.length}) == '${text}'`);
  return `(${tests.join(" or ")})`;
}

function hexText(text: string): string {
  return hexBytes(Array.from(text, (character) => character.charCodeAt(0)));
}
