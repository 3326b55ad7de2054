/** Option 175: what iPXE says of itself, and what it lets a server say to it. */

import { WireError } from "../error.ts";
import { decodeSubOptions, encodeSubOptions, type SubOptionRules } from "./sub-options.ts";

const RULES: SubOptionRules = { option: 175, padAndEnd: true };
const PRIORITY = 0x01;
const NO_PXEDHCP = 0xb0;
const BUS_ID = 0xb1;
const VERSION = 0xeb;
/** Sub-options in this range are features of the build, by the number that iPXE gives them. */
const FEATURES = { from: 0x10, to: 0x4f } as const;

/** Features that decide what a build can be given; the numbers are iPXE's. */
export const IPXE_FEATURE = { HTTP: 0x13, BZIMAGE: 0x18, PXE: 0x21, EFI: 0x24, MENU: 0x27 } as const;

export interface IpxeBusId {
  /** 1 is PCI. */
  readonly bus: number;
  readonly vendor: number;
  readonly device: number;
}

export interface IpxeOptions {
  /** Which offer wins among several, -128 to 127. Server to client. */
  readonly priority?: number;
  /** Tells iPXE not to wait for a proxyDHCP server, which saves it two seconds. Server to client. */
  readonly noProxyDhcp?: boolean;
  /** As in `1.21.1`. Client to server. */
  readonly version?: string;
  /** The network card. Client to server. */
  readonly busId?: IpxeBusId;
  /** What the build can do, by iPXE's numbers. Client to server. */
  readonly features: ReadonlySet<number>;
}

/**
 * Reads option 175. Sub-options that mean nothing to us are passed over.
 *
 * @throws {@link WireError} `WIRE_TRUNCATED` if it ends inside a sub-option, `WIRE_BAD_LENGTH` for one
 * whose length is wrong
 */
export function decodeIpxeOptions(value: Uint8Array): IpxeOptions {
  const all = decodeSubOptions(value, RULES);
  const priority = field(all, PRIORITY, 1);
  const noProxyDhcp = field(all, NO_PXEDHCP, 1);
  const busId = field(all, BUS_ID, 5);
  const version = field(all, VERSION, 3);
  return {
    ...(priority !== undefined && { priority: priority.getInt8(0) }),
    ...(noProxyDhcp !== undefined && { noProxyDhcp: noProxyDhcp.getUint8(0) !== 0 }),
    ...(version !== undefined && {
      version: [version.getUint8(0), version.getUint8(1), version.getUint8(2)].join("."),
    }),
    ...(busId !== undefined && {
      busId: { bus: busId.getUint8(0), vendor: busId.getUint16(1), device: busId.getUint16(3) },
    }),
    features: new Set(
      [...all].flatMap(([code, bytes]) =>
        code >= FEATURES.from && code <= FEATURES.to && bytes.some((byte) => byte !== 0) ? [code] : [],
      ),
    ),
  };
}

/**
 * Writes option 175 as a server sends it.
 *
 * @throws {@link WireError} `WIRE_BAD_VALUE` for a priority out of its range
 */
export function encodeIpxeOptions({ priority, noProxyDhcp }: Omit<IpxeOptions, "features">): Uint8Array {
  const all = new Map<number, Uint8Array>();
  if (priority !== undefined) {
    if (!Number.isInteger(priority) || priority < -128 || priority > 127) {
      throw new WireError("WIRE_BAD_VALUE", `priority is ${priority}, want -128 to 127`);
    }
    all.set(PRIORITY, Uint8Array.of(priority));
  }
  if (noProxyDhcp !== undefined) all.set(NO_PXEDHCP, Uint8Array.of(noProxyDhcp ? 1 : 0));
  return encodeSubOptions(all, RULES);
}

function field(all: ReadonlyMap<number, Uint8Array>, code: number, length: number): DataView | undefined {
  const bytes = all.get(code);
  if (bytes === undefined) return undefined;
  if (bytes.length !== length) {
    throw new WireError(
      "WIRE_BAD_LENGTH",
      `sub-option ${code} of option 175 has ${bytes.length} bytes, want ${length}`,
    );
  }
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
}
