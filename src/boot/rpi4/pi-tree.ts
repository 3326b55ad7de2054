/** The nouns of serving a Raspberry Pi: the files of a boot folder, a host's wishes, and boards that were seen. */

import type { Mac } from "../../wire/net/mac.ts";
import type { HostName } from "../host.ts";
import type { UefiSettings } from "./uefi-settings.ts";

/** A file of a boot folder as it lies on disk. */
export interface PiFile {
  /** Absolute. */
  readonly path: string;
  readonly sizeBytes: number;
  /** Another one as soon as the file is another, or was written to. */
  readonly stamp: string;
}

/** By place in the folder: `overlays/miniuart-bt.dtbo`. */
export type PiTree = ReadonlyMap<string, PiFile>;

export interface PiTrees {
  /** `boot-media/rpi4`. */
  readonly shared: PiTree;
  /** `boot-media/hosts/NAME.rpi4`. */
  readonly own: ReadonlyMap<HostName, PiTree>;
}

export const NO_PI_TREES: PiTrees = { shared: new Map(), own: new Map() };

/** What the operator says of a host that is a Raspberry Pi. */
export interface PiWishes extends UefiSettings {
  /** Files that are never served otherwise, since a Pi that finds one writes its EEPROM. */
  readonly serve?: readonly string[];
  /** Its EEPROM is of September 2025 or later, and can fetch files of any size (T5). */
  readonly rollover?: boolean;
  /** Absent: `uefi` where there is an `RPI_EFI.fd`, else `native` where the image has a kernel for arm64. */
  readonly boot?: PiBoot;
}

/**
 * How a Pi gets to its system: through the UEFI firmware and iPXE, or by the EEPROM's own means, which
 * fetches kernel and initrd itself.
 */
export type PiBoot = "uefi" | "native";

/** The first file that is fetched whole, what the processor then runs, or another one. */
export type PiPart = "first" | "more" | "last";

/** What the EEPROM of a board said of it. */
export interface SeenPi {
  /** Its last eight hex digits. */
  readonly serial?: string;
  /** 4 for a Pi 4. */
  readonly model?: number;
}

/** Checks what was kept of a board; `undefined` if it is nothing that is kept of one. */
export function parseSeenPi(value: unknown): SeenPi | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  const { serial, model } = value as { readonly serial?: unknown; readonly model?: unknown };
  if (serial !== undefined && (typeof serial !== "string" || !/^[0-9a-f]{8}$/.test(serial))) return undefined;
  if (model !== undefined && (typeof model !== "number" || !Number.isInteger(model))) return undefined;
  return { ...(serial === undefined ? {} : { serial }), ...(model === undefined ? {} : { model }) };
}

/** The boards that asked by DHCP, each known by its address and by its serial number. */
export interface SeenPis {
  readonly byMac: ReadonlyMap<Mac, SeenPi>;
  readonly bySerial: ReadonlyMap<string, Mac>;
}

export const NO_SEEN_PIS: SeenPis = { byMac: new Map(), bySerial: new Map() };

/** Boards that somebody makes up push out the oldest, and no more. */
export const MAX_SEEN_PIS = 4096;

/** Whether a board said something that is not known of it yet. */
export function isPiNews({ byMac, bySerial }: SeenPis, mac: Mac, { serial, model }: SeenPi): boolean {
  const known = byMac.get(mac);
  if (known === undefined) return true;
  return (
    (serial !== undefined && (known.serial !== serial || bySerial.get(serial) !== mac)) ||
    (model !== undefined && known.model !== model)
  );
}

/** The boards with one more, or with one that said more than before. */
export function withSeenPi(seen: SeenPis, mac: Mac, said: SeenPi): SeenPis {
  const byMac = new Map(seen.byMac);
  const merged = { ...byMac.get(mac), ...said };
  byMac.delete(mac);
  byMac.set(mac, merged);
  const [oldest] = byMac.keys();
  if (byMac.size > MAX_SEEN_PIS && oldest !== undefined) byMac.delete(oldest);
  const serials = [...byMac].flatMap(([each, { serial }]) =>
    serial === undefined ? [] : [[serial, each] as const],
  );
  return { byMac, bySerial: new Map(serials) };
}
