/** What every advice says before and after its own text: what it is for, and how one sees that it works. */

import { type AdviceFacts, baseUrl, type ClientRow, clientRows } from "./client-rows.ts";

const WIDTH = 98;

/** Where an advice goes. */
export interface AdviceFrame {
  /** What the server is called. */
  readonly title: string;
  /** Where the text goes and how the server is made to read it; a paragraph each. */
  readonly where: readonly string[];
  /** What else one must know of this server; a paragraph each. */
  readonly notes?: readonly string[];
  /** How Mayfly is to be started, where it is not simply without DHCP. */
  readonly start?: string;
}

const START =
  "Start Mayfly with 'dhcp: off' in mayfly.yaml, or '--dhcp off': one server for the boot part is enough.";

/** Puts the text for a server between its explanations, which are comments. */
export function framed(facts: AdviceFacts, frame: AdviceFrame, body: readonly string[]): string {
  const opening = [
    `${frame.title}: network boot from Mayfly at ${facts.self}.`,
    "",
    ...frame.where,
    ...(frame.notes ?? []).flatMap((note) => ["", note]),
    "",
    frame.start ?? START,
    "Every machine that boots from the network then gets iPXE. One that has no image here says so on its " +
      "screen, and goes on with its next boot option.",
    ...warnings(facts),
  ];
  const lines = [...comment(opening), "", ...body, "", ...comment(howToTest(facts))];
  return `${lines.join("\n")}\n`;
}

/** Paragraphs as comment lines; one that is indented is a line as it stands. */
export function comment(paragraphs: readonly string[]): string[] {
  return paragraphs.flatMap((paragraph) =>
    paragraph.startsWith(" ") ? [`# ${paragraph}`] : wrap(paragraph).map((line) => `# ${line}`.trimEnd()),
  );
}

function warnings(facts: AdviceFacts): string[] {
  const missing = [...new Set(clientRows(facts).flatMap((row) => (row.isFound ? [] : [row.program])))];
  return [
    ...(missing.length === 0
      ? []
      : [
          "",
          `Not found on this machine: ${missing.join(", ")}. ${missing.length === 1 ? "It is" : "They are"} ` +
            `named below all the same; put ${missing.length === 1 ? "it" : "them"} into boot-media/ipxe/ ` +
            "before such a machine boots.",
        ]),
    ...(facts.ports.tftp === 69
      ? []
      : [
          "",
          `Mayfly's TFTP is on port ${facts.ports.tftp}, and firmware asks port 69 only: set tftpPort to 69.`,
        ]),
  ];
}

function howToTest(facts: AdviceFacts): string[] {
  const first = clientRows(facts).find((row: ClientRow) => row.transport === "tftp" && row.isFound);
  const fetches = first?.program ?? "a boot program";
  return [
    `To test it: 'curl -s ${baseUrl(facts)}/netboot.ipxe' must print a script that begins with #!ipxe.`,
    `Then boot a machine and watch the log of 'mayfly serve': it fetches ${fetches} or its like, and asks for ` +
      "its script right after. If it fetches the boot program again and again, iPXE was not recognised.",
    "If the log stays empty, the machine was told nothing: 'mayfly explain FILE.pcap' reads a capture of it.",
  ];
}

function wrap(text: string): string[] {
  const [first = "", ...words] = text.split(" ");
  const lines = [first];
  for (const word of words) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + 1 + word.length <= WIDTH)
      lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines;
}
