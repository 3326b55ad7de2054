/**
 * The files that a Raspberry Pi sees: its host's own over those of its generation, over `rpi4/`.
 *
 * Pure: it knows names and sizes, and says where the bytes of a file come from.
 */

import type { Generation } from "../generation.ts";
import type { Host } from "../host.ts";
import type { Snapshot } from "../snapshot.ts";
import { nativeFile } from "./native.ts";
import type { PiBoot, PiFile, PiTree } from "./pi-tree.ts";
import { isNeverServed } from "./places.ts";
import type { UefiSettings } from "./uefi-settings.ts";

/** Where the bytes of a file come from. */
export type PiSource =
  | { readonly type: "file"; readonly file: PiFile }
  /** `RPI_EFI.fd` with the host's settings put in. */
  | { readonly type: "firmware"; readonly file: PiFile; readonly settings: UefiSettings }
  | { readonly type: "media"; readonly generation: Generation; readonly file: string }
  | { readonly type: "text"; readonly text: string };

export interface PiLayers {
  readonly host?: Host;
  readonly generation?: Generation;
  readonly own: PiTree;
  readonly shared: PiTree;
  readonly boot: PiBoot;
  /** Whether `rpi4/` is a UEFI's while the Pi boots natively: its settings are for something else then. */
  readonly isSharedForUefi: boolean;
}

export const UEFI_FIRMWARE = "RPI_EFI.fd";
/** Settings that belong to a way of booting, in the order in which `native.ts` writes them. */
const UEFI_ONLY: ReadonlySet<string> = new Set([UEFI_FIRMWARE, "config.txt", "cmdline.txt"]);

/** The layers of a host, or of a board that no host names. */
export function piLayers(
  host: Host | undefined,
  generation: Generation | undefined,
  { piTrees }: Snapshot,
): PiLayers {
  const own = (host === undefined ? undefined : piTrees.own.get(host.name)) ?? new Map();
  const { shared } = piTrees;
  const hasFirmware = own.has(UEFI_FIRMWARE) || shared.has(UEFI_FIRMWARE);
  const boot = host?.rpi4?.boot ?? (!hasFirmware && hasArm64Kernel(generation) ? "native" : "uefi");
  return {
    ...(host === undefined ? {} : { host }),
    ...(generation === undefined ? {} : { generation }),
    own,
    shared,
    boot,
    isSharedForUefi: boot === "native" && shared.has(UEFI_FIRMWARE),
  };
}

function hasArm64Kernel(generation: Generation | undefined): boolean {
  return generation?.kernel?.isa === "arm64" && generation.initrds.length > 0;
}

/** Where a file of the Pi comes from; `undefined` if it has none of that name. */
export function findPiFile(layers: PiLayers, place: string): PiSource | undefined {
  if (isWithheld(layers, place)) return undefined;
  const { host, generation, own, shared } = layers;
  const mine = own.get(place);
  if (mine !== undefined) return sourceOf(place, mine, host);
  if (generation?.files.has(place) === true) return { type: "media", generation, file: place };
  const ours = layers.isSharedForUefi && UEFI_ONLY.has(place) ? undefined : shared.get(place);
  if (ours !== undefined) return sourceOf(place, ours, host);
  if (layers.boot !== "native" || generation === undefined) return undefined;
  return nativeFile({ host, generation, ownCmdline: hasOwnCmdline(layers) }, place);
}

/** A name that a Pi looks for, and that would make it write its EEPROM: only the operator may want that, by name. */
export function isWithheld({ host }: Pick<PiLayers, "host">, place: string): boolean {
  const base = place.slice(place.lastIndexOf("/") + 1);
  if (!isNeverServed(base)) return false;
  return !(host?.rpi4?.serve ?? []).some((name) => name === place || name === base);
}

function hasOwnCmdline({ own, shared, isSharedForUefi }: PiLayers): boolean {
  return own.has("cmdline.txt") || (!isSharedForUefi && shared.has("cmdline.txt"));
}

function sourceOf(place: string, file: PiFile, host: Host | undefined): PiSource {
  const settings = place === UEFI_FIRMWARE ? uefiSettings(host) : undefined;
  return settings === undefined ? { type: "file", file } : { type: "firmware", file, settings };
}

/** Those that the operator has set; `undefined` if there are none. */
function uefiSettings(host: Host | undefined): UefiSettings | undefined {
  const { ramLimit, systemTable, bootTimeoutSeconds } = host?.rpi4 ?? {};
  const settings = {
    ...(ramLimit === undefined ? {} : { ramLimit }),
    ...(systemTable === undefined ? {} : { systemTable }),
    ...(bootTimeoutSeconds === undefined ? {} : { bootTimeoutSeconds }),
  };
  return Object.keys(settings).length === 0 ? undefined : settings;
}

/** How many bytes it has, as far as is known without opening it. */
export function sourceSize(source: PiSource): number {
  switch (source.type) {
    case "file":
    case "firmware":
      return source.file.sizeBytes;
    case "media":
      return source.generation.files.get(source.file) ?? 0;
    case "text":
      return new TextEncoder().encode(source.text).length;
  }
}

/** What each board's EEPROM cannot do without. A Pi 5 has in its EEPROM what a Pi 4 has in start4.elf. */
const NEEDED: Readonly<Record<number, readonly RegExp[]>> = {
  3: [/^bootcode\.bin$/, /^start\.elf$/, /^fixup\.dat$/],
  4: [/^start4\.elf$/, /^fixup4\.dat$/, /^config\.txt$/],
  5: [/^config\.txt$/, /^bcm2712-.*\.dtb$/],
};
/** Of whom the model is not known: one that does not say it is a Pi 4 with an old EEPROM, or a Pi 3. */
const MAYBE: readonly number[] = [4, 3];

/** Whether the layers have what the board needs to start. */
export function canPiStart(layers: PiLayers, model: number | undefined): boolean {
  const models = model === undefined ? MAYBE : [model];
  return models.some((each) => NEEDED[each]?.every((needed) => hasPlace(layers, needed)) ?? false);
}

function hasPlace(layers: PiLayers, needed: RegExp): boolean {
  const places = [...layers.own.keys(), ...layers.shared.keys(), "config.txt"];
  return places.some((place) => needed.test(place) && findPiFile(layers, place) !== undefined);
}
