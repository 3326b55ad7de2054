/**
 * Option 43 as PXE uses it: whether the client takes the boot file at once, or shows a menu first.
 *
 * @see PXE 2.1 §2.4, RFC 4578 §2.4
 */

import { WireError } from "../error.ts";
import { decodeIpv4, encodeIpv4, type Ipv4 } from "../net/ipv4.ts";
import { decodeSubOptions, encodeSubOptions, type SubOptionRules } from "./sub-options.ts";
import { decodeText, encodeText } from "./text.ts";

const RULES: SubOptionRules = { option: 43, padAndEnd: true };
const DISCOVERY_CONTROL = 6;
const BOOT_SERVERS = 8;
const BOOT_MENU = 9;
const MENU_PROMPT = 10;
const BOOT_ITEM = 71;

/** Bits of sub-option 6. */
export const DISCOVERY = { NO_BROADCAST: 1, NO_MULTICAST: 2, ONLY_LISTED: 4, USE_BOOT_FILE: 8 } as const;

/** The bit of a boot item's layer that asks for credentials (BIS), which nobody has any more. */
export const CREDENTIALS_LAYER = 0x8000;

/** One entry of sub-option 8. */
export interface PxeBootServers {
  readonly type: number;
  readonly addresses: readonly Ipv4[];
}

/** One entry of sub-option 9. */
export interface PxeMenuEntry {
  readonly type: number;
  readonly description: string;
}

export interface PxeVendorOptions {
  /** Sub-option 6, the bits of {@link DISCOVERY}. */
  readonly discoveryControl?: number;
  /** Sub-option 8. */
  readonly bootServers?: readonly PxeBootServers[];
  /** Sub-option 9. */
  readonly bootMenu?: readonly PxeMenuEntry[];
  /** Sub-option 10: seconds before the first entry is taken, 0 at once, 255 never; and the text shown. */
  readonly menuPrompt?: { readonly timeout: number; readonly prompt: string };
  /** Sub-option 71: the menu entry that the client chose. */
  readonly bootItem?: { readonly type: number; readonly layer: number };
}

/**
 * Reads option 43 of a PXE client or server. Sub-options of other kinds are passed over.
 *
 * @throws {@link WireError} `WIRE_TRUNCATED` or `WIRE_BAD_LENGTH` for one that is not what it claims to be
 */
export function decodePxeVendorOptions(value: Uint8Array): PxeVendorOptions {
  const all = decodeSubOptions(value, RULES);
  const [control, servers, menu, prompt, item] = [
    DISCOVERY_CONTROL,
    BOOT_SERVERS,
    BOOT_MENU,
    MENU_PROMPT,
    BOOT_ITEM,
  ].map((code) => all.get(code));
  return {
    ...(control !== undefined && { discoveryControl: exactly(control, DISCOVERY_CONTROL, 1).getUint8(0) }),
    ...(servers !== undefined && { bootServers: decodeBootServers(servers) }),
    ...(menu !== undefined && { bootMenu: decodeMenu(menu) }),
    ...(prompt !== undefined && { menuPrompt: decodePrompt(prompt) }),
    ...(item !== undefined && { bootItem: decodeBootItem(item) }),
  };
}

/** Writes option 43, with its end. The inverse of {@link decodePxeVendorOptions}. */
export function encodePxeVendorOptions(options: PxeVendorOptions): Uint8Array {
  const { discoveryControl, menuPrompt, bootServers, bootMenu, bootItem } = options;
  const all = new Map<number, Uint8Array>();
  if (discoveryControl !== undefined) all.set(DISCOVERY_CONTROL, Uint8Array.of(discoveryControl));
  if (menuPrompt !== undefined) {
    all.set(MENU_PROMPT, Uint8Array.of(menuPrompt.timeout, ...encodeText(menuPrompt.prompt)));
  }
  if (bootServers !== undefined) {
    const entries = bootServers.map(({ type, addresses }) => [
      ...word(type),
      addresses.length,
      ...addresses.flatMap((address) => [...encodeIpv4(address)]),
    ]);
    all.set(BOOT_SERVERS, Uint8Array.from(entries.flat()));
  }
  if (bootMenu !== undefined) {
    const entries = bootMenu.map(({ type, description }) => {
      const text = encodeText(description);
      return [...word(type), text.length, ...text];
    });
    all.set(BOOT_MENU, Uint8Array.from(entries.flat()));
  }
  if (bootItem !== undefined) {
    all.set(BOOT_ITEM, Uint8Array.of(...word(bootItem.type), ...word(bootItem.layer)));
  }
  return encodeSubOptions(all, { ...RULES, end: true });
}

function decodeBootServers(bytes: Uint8Array): PxeBootServers[] {
  const servers: PxeBootServers[] = [];
  let at = 0;
  while (at < bytes.length) {
    const count = slice(bytes, at + 2, 1, BOOT_SERVERS)[0] ?? 0;
    const addresses = Array.from({ length: count }, (_, i) =>
      decodeIpv4(slice(bytes, at + 3 + 4 * i, 4, BOOT_SERVERS)),
    );
    servers.push({ type: wordAt(bytes, at), addresses });
    at += 3 + 4 * count;
  }
  return servers;
}

function decodeMenu(bytes: Uint8Array): PxeMenuEntry[] {
  const entries: PxeMenuEntry[] = [];
  let at = 0;
  while (at < bytes.length) {
    const length = slice(bytes, at + 2, 1, BOOT_MENU)[0] ?? 0;
    entries.push({
      type: wordAt(bytes, at),
      description: decodeText(slice(bytes, at + 3, length, BOOT_MENU)),
    });
    at += 3 + length;
  }
  return entries;
}

function decodePrompt(bytes: Uint8Array): NonNullable<PxeVendorOptions["menuPrompt"]> {
  const [timeout = 0] = slice(bytes, 0, 1, MENU_PROMPT);
  return { timeout, prompt: decodeText(bytes.subarray(1)) };
}

function decodeBootItem(bytes: Uint8Array): NonNullable<PxeVendorOptions["bootItem"]> {
  const view = exactly(bytes, BOOT_ITEM, 4);
  return { type: view.getUint16(0), layer: view.getUint16(2) };
}

function exactly(bytes: Uint8Array, code: number, length: number): DataView {
  if (bytes.length !== length) {
    throw new WireError(
      "WIRE_BAD_LENGTH",
      `sub-option ${code} of option 43 has ${bytes.length} bytes, want ${length}`,
    );
  }
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
}

function slice(bytes: Uint8Array, at: number, length: number, code: number): Uint8Array {
  if (at + length > bytes.length) {
    throw new WireError("WIRE_TRUNCATED", `sub-option ${code} of option 43 ends inside an entry`);
  }
  return bytes.subarray(at, at + length);
}

function wordAt(bytes: Uint8Array, at: number): number {
  return ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0);
}

function word(value: number): readonly [number, number] {
  return [(value >> 8) & 0xff, value & 0xff];
}
