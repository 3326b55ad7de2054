/**
 * Puts the parts of a Raspberry Pi 4's boot folder together: which file comes from which part.
 *
 * The order is that of the documents that people follow: unpack the UEFI release, put pipxe's
 * `RPI_EFI.fd` and `efi/` over it, add overlays without replacing any (B3, B4).
 */

import type { Part, PlacedFile } from "./part.ts";
import type { PartKind } from "./part-kind.ts";
import type { Tree } from "./settings.ts";

export interface PlannedFile extends PlacedFile {
  /** Of the part that it comes from. */
  readonly source: string;
  /** Parts that have the file too, with other content, and whose one is not used. */
  readonly instead: readonly string[];
}

export interface Plan {
  /** By place, in order. */
  readonly files: readonly PlannedFile[];
  /** What parts have that is left out, and why: one line for each. */
  readonly leftOut: readonly string[];
}

/** Who wins, first to last. A part that is given as one file is meant. */
const FIRMWARE_ORDER: readonly PartKind[] = ["file", "pipxe", "uefi-release", "tree"];
const PROGRAM_ORDER: readonly PartKind[] = ["file", "ipxe", "pipxe", "tree", "uefi-release", "server"];
const CONFIG_ORDER: readonly PartKind[] = ["file", "uefi-release", "tree", "pipxe"];
const OTHER_ORDER: readonly PartKind[] = ["file", "uefi-release", "tree", "overlays", "firmware", "pipxe"];

/** These two are read together and must be of one release. */
const PAIR: readonly string[] = ["start4.elf", "fixup4.dat"];

/** @param parts - as given; of two parts of one kind the first wins */
export function planTree(parts: readonly Part[]): Plan {
  const places = new Set(parts.flatMap(({ files }) => files.map(({ place }) => place)));
  const files = [...places].sort().map((place) => choose(place, parts));
  const leftOut = parts.flatMap((part) =>
    part.leftOut.map(({ name, reason }) => `${name} of ${part.source} is left out: ${reason}`),
  );
  return { files: files.filter((file) => file !== undefined), leftOut };
}

/** The folder as it will be, for the lints. */
export function treeOf({ files }: Plan): Tree {
  return new Map(files.map(({ place, bytes }) => [place, bytes]));
}

interface Candidate {
  readonly part: Part;
  readonly bytes: Uint8Array;
}

function choose(place: string, parts: readonly Part[]): PlannedFile | undefined {
  const order = orderOf(place);
  const candidates = candidatesFor(place, parts).sort(
    (a, b) => order.indexOf(a.part.kind) - order.indexOf(b.part.kind),
  );
  const [best, ...others] = candidates;
  if (best === undefined) return undefined;
  const differing = others.filter(({ bytes }) => !sameBytes(bytes, best.bytes));
  return {
    place,
    bytes: best.bytes,
    source: best.part.source,
    instead: differing.map(({ part }) => part.source),
  };
}

function candidatesFor(place: string, parts: readonly Part[]): Candidate[] {
  const order = orderOf(place);
  const found = parts.flatMap((part): Candidate[] => {
    const file = order.includes(part.kind) ? part.files.find((each) => each.place === place) : undefined;
    return file === undefined ? [] : [{ part, bytes: file.bytes }];
  });
  if (!PAIR.includes(place)) return found;
  const whole = found.filter(({ part }) => part.kind === "file" || PAIR.every((each) => has(part, each)));
  return whole.length > 0 ? whole : found;
}

function has({ files }: Part, place: string): boolean {
  return files.some((file) => file.place === place);
}

function orderOf(place: string): readonly PartKind[] {
  if (place === "RPI_EFI.fd") return FIRMWARE_ORDER;
  if (place.startsWith("efi/")) return PROGRAM_ORDER;
  return place === "config.txt" || place === "cmdline.txt" ? CONFIG_ORDER : OTHER_ORDER;
}

/** Whether two files have the same content. */
export function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, index) => byte === b[index]);
}
