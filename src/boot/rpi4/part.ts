/**
 * The parts that a Raspberry Pi 4's boot folder is assembled from: which of them something is, told by
 * its content, and where in the folder each of its files goes.
 */

import { baseName } from "../base-name.ts";
import { recogniseFile } from "./file-kind.ts";
import type { PartKind } from "./part-kind.ts";
import { BOOT_PROGRAM, isNeverServed, placeOf, TWO_OF_THE_RELEASE } from "./places.ts";

/** Something that was given: a file, a folder, a zip or a package. */
export interface GivenPart {
  /** As people know it. */
  readonly source: string;
  readonly files: readonly GivenFile[];
  /** It is a single file, so that its name means nothing. */
  readonly isFile: boolean;
}

export interface GivenFile {
  /** With `/` between folders, relative to the part. */
  readonly name: string;
  readonly bytes: Uint8Array;
}

export interface Part {
  readonly source: string;
  readonly kind: PartKind;
  readonly files: readonly PlacedFile[];
  readonly leftOut: readonly LeftOut[];
}

export interface PlacedFile {
  /** Where it goes, relative to the boot folder: `overlays/miniuart-bt.dtbo`. */
  readonly place: string;
  readonly bytes: Uint8Array;
}

/** A file of a part that is not taken although it looks as if it belonged. */
export interface LeftOut {
  readonly name: string;
  readonly reason: string;
}

export type RecognisedPart =
  | { readonly type: "part"; readonly part: Part }
  /** A sentence with a cure. */
  | { readonly type: "refused"; readonly reason: string };

const WANTED =
  "want the UEFI release zip of pftf/RPi4, the output of pipxe, an iPXE for arm64, overlays, or Raspberry Pi firmware";

/** Tells what was given. */
export function recognisePart(given: GivenPart): RecognisedPart {
  if (given.isFile) return recogniseSingle(given);
  const shape = shapeOf(given.files);
  if (shape.type === "refused") return { type: "refused", reason: `${given.source}: ${shape.reason}` };
  return shape.kind === "ipxe" ? ipxePart(given) : bundle(given, shape);
}

function bundle({ source, files }: GivenPart, { kind, root }: PartShape): RecognisedPart {
  const placed = new Map<string, { readonly name: string; readonly bytes: Uint8Array }>();
  const leftOut: LeftOut[] = [];
  for (const { name, bytes } of files.filter((each) => each.name.startsWith(root))) {
    const place = placeOf(kind, name.slice(root.length));
    if (place === undefined) continue;
    if (place.type === "left-out") {
      leftOut.push({ name, reason: place.reason });
      continue;
    }
    const other = placed.get(place.place);
    if (other !== undefined) {
      const reason = `${source}: '${other.name}' and '${name}' are one file to a Pi; remove one of them`;
      return { type: "refused", reason };
    }
    placed.set(place.place, { name, bytes });
  }
  const found = [...placed].map(([place, { bytes }]) => ({ place, bytes }));
  return { type: "part", part: { source, kind, files: found, leftOut } };
}

/** Best first: on a Pi what uses the firmware's own network driver is what works (C5). */
const IPXE_RANKS: readonly RegExp[] = [/^bootaa64/, /^snponly/, /^snp/, /./];

function ipxePart({ source, files }: GivenPart): RecognisedPart {
  const programs = files.filter(({ bytes }) => recogniseFile(bytes) === "efi-arm64");
  const best = IPXE_RANKS.map((rank) => programs.find(({ name }) => rank.test(baseName(name).toLowerCase())));
  const program = best.find((each) => each !== undefined);
  const placed = program === undefined ? [] : [{ place: BOOT_PROGRAM, bytes: program.bytes }];
  return { type: "part", part: { source, kind: "ipxe", files: placed, leftOut: [] } };
}

interface PartShape {
  readonly type: "shape";
  readonly kind: PartKind;
  /** The folder within the part where it begins, with its `/`; or empty. */
  readonly root: string;
}

type Shape = PartShape | { readonly type: "refused"; readonly reason: string };

/** Where in the folder or zip the part lies, and which it is. */
function shapeOf(files: readonly GivenFile[]): Shape {
  const names = files.map(({ name }) => name);
  const anchor = shallowest(names.filter((name) => isNamed(name, "rpi_efi.fd")));
  if (anchor !== undefined) return shapeWithFirmware(files, anchor);
  const program = shallowest(names.filter((name) => isNamed(name, "start4.elf")));
  if (program !== undefined) return { type: "shape", kind: "firmware", root: folderOf(program) };
  const overlay = shallowest(names.filter((name) => /\.dtbo$/i.test(name)));
  if (overlay !== undefined) return { type: "shape", kind: "overlays", root: folderOf(overlay) };
  if (files.some(({ bytes }) => recogniseFile(bytes) === "efi-arm64")) {
    return { type: "shape", kind: "ipxe", root: "" };
  }
  return { type: "refused", reason: `read ${sampleOf(files)}, ${WANTED}` };
}

function shapeWithFirmware(files: readonly GivenFile[], anchor: string): Shape {
  const root = folderOf(anchor);
  const firmware = files.find(({ name }) => name === anchor);
  if (firmware === undefined || recogniseFile(firmware.bytes) !== "uefi-firmware") {
    return { type: "refused", reason: `'${anchor}' is no UEFI firmware; get it anew` };
  }
  const names = new Set(files.map(({ name }) => name.slice(root.length).toLowerCase()));
  if (names.has("bootcode.bin") && !names.has("start4.elf")) {
    return { type: "refused", reason: "it is made for a Raspberry Pi 3; get the one for the Pi 4" };
  }
  const hasTwo = TWO_OF_THE_RELEASE.every((place) => names.has(place));
  if (names.has(BOOT_PROGRAM)) return { type: "shape", kind: hasTwo ? "tree" : "pipxe", root };
  return { type: "shape", kind: hasTwo ? "uefi-release" : "pipxe", root };
}

function recogniseSingle({ source, files }: GivenPart): RecognisedPart {
  const [file] = files;
  if (file === undefined) return { type: "refused", reason: `${source}: the file is empty` };
  const name = baseName(file.name);
  if (isNeverServed(name)) {
    return {
      type: "refused",
      reason: `${source}: it would write the Pi's EEPROM; put it there by hand if you mean to`,
    };
  }
  const place = singlePlace(name, file.bytes);
  if (place === undefined)
    return { type: "refused", reason: `${source}: the file is none of the parts; ${WANTED}` };
  return { type: "part", part: { source, kind: "file", files: [{ place, bytes: file.bytes }], leftOut: [] } };
}

/** By content; the name only tells apart what has the same content. */
function singlePlace(name: string, bytes: Uint8Array): string | undefined {
  const lower = name.toLowerCase();
  switch (recogniseFile(bytes)) {
    case "uefi-firmware":
      return "RPI_EFI.fd";
    case "gpu-program":
      return /^start.*\.elf$/.test(lower) ? lower : "start4.elf";
    case "fixup":
      return /^fixup.*\.dat$/.test(lower) ? lower : "fixup4.dat";
    case "device-tree":
      return lower.endsWith(".dtbo") || /_map\.dtb$/.test(lower) ? `overlays/${lower}` : lower;
    case "efi-arm64":
      return BOOT_PROGRAM;
    case "config":
      return "config.txt";
    case "efi-other":
    case "other":
      return undefined;
  }
}

function sampleOf(files: readonly GivenFile[]): string {
  const shown = files.slice(0, 3).map(({ name }) => `'${name}'`);
  if (shown.length === 0) return "nothing that a Pi boots from";
  return `${shown.join(", ")}${files.length > shown.length ? " and more" : ""}`;
}

function shallowest(names: readonly string[]): string | undefined {
  return names.toSorted((a, b) => depthOf(a) - depthOf(b) || (a < b ? -1 : 1))[0];
}

function depthOf(name: string): number {
  return name.split("/").length;
}

function isNamed(name: string, wanted: string): boolean {
  return baseName(name).toLowerCase() === wanted;
}

function folderOf(name: string): string {
  return name.slice(0, name.lastIndexOf("/") + 1);
}
