/** Advice for MikroTik RouterOS 7, as a script to import. */

import { encodeBareBootName, encodeBootName } from "../../wire/dhcp/boot-name.ts";
import { encodeText } from "../../wire/dhcp/text.ts";
import { type AdviceFacts, clientRows, IPXE_CLASS, IPXE_TAG, ipxeUrl, vendorClasses } from "./client-rows.ts";
import { framed } from "./frame.ts";
import { hexBytes, PI_OPTION_43, PI_TAG } from "./raspberry-pi.ts";

export function mikrotikAdvice(facts: AdviceFacts): string {
  return framed(
    facts,
    {
      title: "MikroTik RouterOS 7",
      where: [
        "Save this as mayfly.rsc, set the two names below to those of your DHCP server and its pool ('/ip dhcp-server " +
          "print' shows them), drag the file into Files, and run '/import mayfly.rsc'. It counts at once.",
        "To take it back: remove what is called mayfly-… from /ip dhcp-server matcher, option sets and option.",
      ],
      notes: [
        "Boot files are written in hex, since RouterOS sends option 67 without a NUL at its end and some firmware " +
          "then reads on; the name stands above each. next-server is set for every network of this router.",
        "RouterOS does not say which matcher wins where two fit, and iPXE fits two. If a machine fetches the boot " +
          "program again and again, move the matcher mayfly-ipxe to the top of the list.",
      ],
    },
    mikrotikLines(facts),
  );
}

function mikrotikLines(facts: AdviceFacts): string[] {
  const sets = [
    { tag: IPXE_TAG, people: "iPXE", file: ipxeUrl(facts), isHttp: false },
    ...clientRows(facts).map(({ tag, people, bootFile, transport }) => ({
      tag,
      people,
      file: bootFile,
      isHttp: transport === "http",
    })),
  ];
  return [
    ':local server "defconf"',
    ':local pool "default-dhcp"',
    "",
    `/ip dhcp-server network set [find] next-server=${facts.self}`,
    "",
    "/ip dhcp-server option",
    `add name=mayfly-http-client code=60 force=yes value=0x${hexBytes(encodeText("HTTPClient"))}`,
    "# The words that the ROM of a Raspberry Pi looks for.",
    `add name=${PI_TAG} code=43 value=0x${hexBytes(PI_OPTION_43)}`,
    `add name=${PI_TAG}-server code=66 value=0x${hexBytes(encodeBareBootName(facts.self))}`,
    ...sets.flatMap(({ tag, people, file }) => [
      `# ${people}: ${file}`,
      `add name=${tag} code=67 value=0x${hexBytes(encodeBootName(file))}`,
    ]),
    "",
    "/ip dhcp-server option sets",
    ...sets.map(({ tag, isHttp }) => `add name=${tag} options=${optionsOf(tag, isHttp)}`),
    "",
    "/ip dhcp-server matcher",
    matcher(IPXE_TAG, IPXE_TAG, 77, IPXE_CLASS),
    ...clientRows(facts).flatMap((row) =>
      vendorClasses(row).map((text) => matcher(`${row.tag}-${text.slice(-2)}`, row.tag, 60, text)),
    ),
  ];
}

/**
 * The ROM of a Raspberry Pi calls itself a BIOS (R1), and a matcher looks at one option only: BIOS
 * machines get those words too, whose one menu entry takes the boot file at once.
 */
function optionsOf(tag: string, isHttp: boolean): string {
  const more = isHttp
    ? ["mayfly-http-client"]
    : tag === "mayfly-bios-x86"
      ? [PI_TAG, `${PI_TAG}-server`]
      : [];
  return [tag, ...more].join(",");
}

function matcher(name: string, set: string, code: number, value: string): string {
  return (
    `add name=${name} server=$server address-pool=$pool option-set=${set} code=${code} ` +
    `matching-type=substring value="${value}"`
  );
}
