/** Option 60: what kind of program asks, as `PXEClient:Arch:00007:UNDI:003000`. */

import type { Arch } from "./client-arch.ts";
import { decodeText, encodeText } from "./text.ts";

/** The class of a PXE client, and of whoever answers one. */
export const PXE_CLIENT = "PXEClient";
/** How the class of U-Boot begins: `U-Boot.armv8`. */
export const U_BOOT = "U-Boot";
/** The class of a UEFI HTTP Boot client, and of whoever answers one. */
export const HTTP_CLIENT = "HTTPClient";

export interface VendorClass {
  /** As sent, without NULs at its end. */
  readonly text: string;
  /** Absent for a client that is none of these. */
  readonly kind?: typeof PXE_CLIENT | typeof HTTP_CLIENT | typeof U_BOOT;
  /** The architecture that a PXE or HTTP client's class tells; iPXE may send the bare `PXEClient`. */
  readonly arch?: Arch;
}

/**
 * Reads option 60. Any bytes are a class; those of netboot clients are taken apart.
 *
 * @see PXE 2.1 §2.2.3, UEFI 2.10 §24.7.2
 */
export function decodeVendorClass(value: Uint8Array): VendorClass {
  const text = decodeText(value).replace(/\0+$/, "");
  const kind = [PXE_CLIENT, HTTP_CLIENT, U_BOOT].find(
    (each) => text === each || text.startsWith(each === U_BOOT ? `${each}.` : `${each}:`),
  );
  const arch = /^[A-Z]+Client:Arch:(\d{5})(:|$)/i.exec(text)?.[1];
  return {
    text,
    ...(kind !== undefined && { kind: kind as NonNullable<VendorClass["kind"]> }),
    ...(kind !== undefined && arch !== undefined && { arch: Number(arch) }),
  };
}

/** Writes option 60, without a NUL: clients compare the first bytes. */
export function encodeVendorClass(text: string): Uint8Array {
  return encodeText(text);
}
