/** Advice for ISC's dhcpd. */

import { type AdviceFacts, clientRows, IPXE_CLASS, IPXE_TAG, ipxeUrl, vendorClasses } from "./client-rows.ts";
import { framed } from "./frame.ts";
import { hexBytes, PI_OPTION_43, PI_TAG, PI_UUID_START } from "./raspberry-pi.ts";

export function iscDhcpdAdvice(facts: AdviceFacts): string {
  return framed(
    facts,
    {
      title: "ISC dhcpd",
      where: [
        "Save this as /etc/dhcp/mayfly.conf, and put the line",
        '    include "/etc/dhcp/mayfly.conf";',
        "into /etc/dhcp/dhcpd.conf, outside of all braces. Check it by 'dhcpd -t' and restart: 'systemctl restart " +
          "isc-dhcp-server'.",
      ],
      notes: ["Remove filename and next-server statements of subnets and hosts: they would win over these."],
    },
    iscLines(facts),
  );
}

const IS_IPXE = `(option user-class = "${IPXE_CLASS}" or option user-class = 04:${hexText(IPXE_CLASS)})`;

/**
 * The classes. The name goes into the header of the reply, which ends it by a NUL (Q7); dhcpd adds
 * no option 67 by itself.
 */
function iscLines(facts: AdviceFacts): string[] {
  const start = (bytes: number) => `substring(option vendor-class-identifier, 0, ${bytes})`;
  return [
    "option mayfly-machine code 97 = string;",
    "",
    ...classOf(
      IPXE_TAG,
      `option user-class = "${IPXE_CLASS}" or option user-class = 04:${hexText(IPXE_CLASS)}`,
      [`filename "${ipxeUrl(facts)}";`, `next-server ${facts.self};`],
    ),
    ...clientRows(facts).flatMap((row) => {
      const classes = vendorClasses(row).map((text) => `${start(text.length)} = "${text}"`);
      return [
        "",
        `# ${row.people}`,
        ...classOf(row.tag, `(${classes.join(" or ")}) and not ${IS_IPXE}`, [
          `filename "${row.bootFile}";`,
          `next-server ${facts.self};`,
          ...(row.transport === "http" ? ['option vendor-class-identifier "HTTPClient";', asked("3c")] : []),
        ]),
      ];
    }),
    "",
    "# Raspberry Pi: its own ROM looks for its firmware on the TFTP server when it finds these words.",
    ...classOf(
      PI_TAG,
      `substring(option mayfly-machine, 0, ${PI_UUID_START.length}) = ${hexBytes(PI_UUID_START, ":")} and ` +
        `${start(20)} = "PXEClient:Arch:00000" and not ${IS_IPXE}`,
      [
        `option vendor-encapsulated-options ${hexBytes(PI_OPTION_43, ":")};`,
        // Its ROM takes the server from here and not from the header (R4).
        `option tftp-server-name "${facts.self}";`,
        asked("2b, 42"),
      ],
    ),
  ];
}

/** dhcpd sends what was asked for: options that must be sent all the same are added to the list. */
function asked(codes: string): string {
  return `option dhcp-parameter-request-list = concat(option dhcp-parameter-request-list, ${codes});`;
}

function classOf(name: string, test: string, statements: readonly string[]): string[] {
  return [`class "${name}" {`, `  match if ${test};`, ...statements.map((each) => `  ${each}`), "}"];
}

function hexText(text: string): string {
  return hexBytes(
    Array.from(text, (character) => character.charCodeAt(0)),
    ":",
  );
}
