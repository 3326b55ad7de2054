/** An explanation as lines for a person. */

import { archRow } from "../boot/arch.ts";
import { sentence } from "../boot/explain/words.ts";
import type { Explained } from "./explained.ts";

const WIDTH = 100;
const INDENT = "      ";

type Of<T extends Explained["type"]> = Extract<Explained, { type: T }>;

/** A machine's stages, numbered. */
export function formatMachine({ self, notes, mac, arch, stage, assumed, stages }: Of<"machine">): string {
  const name = stage === "pi-rom" ? "Raspberry Pi" : (archRow(arch)?.name ?? `architecture ${arch}`);
  const reasons = stages.map(({ because }) => because);
  const why = assumed === undefined ? "" : ` (assumed, since ${assumed}; --arch names another)`;
  const lines = [
    ...wrap(`${mac} as ${name}${why}, asking Mayfly at ${self}:`, ""),
    ...noteLines(notes),
    ...stages.flatMap(({ who, said, mayfly, because }, index) => [
      "",
      ...wrap(sentence(`${who} ${said}`), INDENT, `${String(index + 1).padStart(3)}.  `),
      ...mayflyLines(mayfly, reasons.indexOf(because) < index ? undefined : because),
    ]),
  ];
  return `${lines.join("\n")}\n`;
}

/** A capture's packets under the numbers that Wireshark shows, and how far each machine got. */
export function formatCapture({ self, notes, packets, machines }: Of<"capture">): string {
  const lines = [
    `What Mayfly at ${self} makes of it, packet by packet; numbers as Wireshark shows them.`,
    ...noteLines(notes),
    "",
    ...packetLines(packets, machines.length > 1),
    ...(machines.length === 0 ? [] : ["", "In the end:"]),
    ...machines.flatMap(({ conclusion }) => wrap(conclusion, "  ", "  ")),
  ];
  return `${lines.join("\n")}\n`;
}

/** What Mayfly does for the same reason once more, and what somebody else does wrong once more, is said once. */
function packetLines(packets: Of<"capture">["packets"], areSeveral: boolean): string[] {
  const silences = new Map<string, string>();
  const reasons = new Map<string, string>();
  const warnings = new Set<string>();
  return joinRepeats(packets).flatMap(
    ({ number, atMs, who, mac, said, mayfly, because, warning, comments = [], repeats }) => {
      const isRepeated = mac !== undefined && silences.get(mac) === mayfly;
      if (mac !== undefined && mayfly?.startsWith("stays silent") === true) silences.set(mac, mayfly);
      const reason = mac !== undefined && reasons.get(mac) === because ? undefined : because;
      if (mac !== undefined && because !== undefined) reasons.set(mac, because);
      const isNew = warning !== undefined && !warnings.has(warning);
      if (warning !== undefined) warnings.add(warning);
      // With one machine in the capture everybody knows whom it is for.
      const to = areSeveral && mac !== undefined && !who.startsWith(mac) ? `, for ${mac}` : "";
      return [
        ...wrap(sentence(`${who} ${said}${to}`), INDENT, `${`#${number}`.padEnd(5)}${seconds(atMs)}  `),
        ...(mayfly === undefined ? [] : mayflyLines(isRepeated ? "stays silent, as before" : mayfly, reason)),
        ...comments.flatMap((comment) => wrap(`Noted: ${printable(comment)}`, `${INDENT}    `, INDENT)),
        ...(isNew ? wrap(warning, `${INDENT}    `, `${INDENT}(!) `) : []),
        ...(repeats === undefined
          ? []
          : [
              `${INDENT}The same ${repeats.count} times more, until #${repeats.number} at ${seconds(repeats.atMs).trim()}.`,
            ]),
      ];
    },
  );
}

type Packet = Of<"capture">["packets"][number];
interface Repeated extends Packet {
  /** How often it was said again right after, and when last. */
  readonly repeats?: { readonly count: number; readonly number: number; readonly atMs: number };
}

/** A machine that gets no answer says the same for a minute. */
function joinRepeats(packets: readonly Packet[]): Repeated[] {
  const joined: Repeated[] = [];
  for (const packet of packets) {
    const last = joined.at(-1);
    const isSame = last?.who === packet.who && last.said === packet.said && last.mayfly === packet.mayfly;
    if (last === undefined || !isSame) joined.push(packet);
    else {
      const { number, atMs } = packet;
      joined[joined.length - 1] = {
        ...last,
        repeats: { count: (last.repeats?.count ?? 0) + 1, number, atMs },
      };
    }
  }
  return joined;
}

function mayflyLines(mayfly: string, because?: string): string[] {
  const why = because === undefined ? "" : ` ${sentence(`why: ${because}`)}`;
  return wrap(`${sentence(`Mayfly ${mayfly}`)}${why}`, `${INDENT}    `, INDENT);
}

/** What a file says is not to be trusted with a terminal. */
function printable(text: string): string {
  return text.replaceAll(/\p{Cc}/gu, " ");
}

function noteLines(notes: readonly string[]): string[] {
  return notes.flatMap((note) => ["", ...wrap(note, "")]);
}

function seconds(atMs: number): string {
  return `${(atMs / 1000).toFixed(3)} s`.padStart(10);
}

/** Lines of words; `indent` stands before each but the first, which `first` stands before. */
function wrap(text: string, indent: string, first = indent): string[] {
  const lines: string[] = [];
  let line = first;
  let isEmpty = true;
  for (const word of text.split(" ")) {
    if (!isEmpty && line.length + 1 + word.length > WIDTH) {
      lines.push(line);
      line = indent;
      isEmpty = true;
    }
    line += isEmpty ? word : ` ${word}`;
    isEmpty = false;
  }
  return [...lines, line];
}
