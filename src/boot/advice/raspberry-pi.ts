/** What the EEPROM of a Raspberry Pi wants to hear from a DHCP server, and how such a server knows it. */

import { DISCOVERY, encodePxeVendorOptions } from "../../wire/dhcp/pxe-vendor.ts";

/** The tag or class of a Raspberry Pi's own boot ROM, not of the UEFI that it starts. */
export const PI_TAG = "mayfly-pi";

/** How option 97 of every Raspberry Pi begins: type 0, then "RPi" and the model's digit (R2). */
export const PI_UUID_START: readonly number[] = [0x00, 0x52, 0x50, 0x69];

/** Without the menu entry of this very name it does not boot from the network (R4). */
export const PI_OPTION_43: Uint8Array = encodePxeVendorOptions({
  discoveryControl: DISCOVERY.USE_BOOT_FILE,
  menuPrompt: { timeout: 0, prompt: "PXE" },
  bootMenu: [{ type: 0, description: "Raspberry Pi Boot" }],
});

/** Bytes as two hex digits each. */
export function hexBytes(bytes: Iterable<number>, separator = ""): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join(separator);
}
