/** Boot entries of UEFI: what `Boot0001` holds, and the order in which they are tried. */

import { concat } from "../bytes.ts";
import type { Guid } from "./guid.ts";
import { BOOT_SERVICE, NON_VOLATILE, RUNTIME, type Variable } from "./variable-store.ts";

/** gEfiGlobalVariableGuid, of the variables that the UEFI specification names. */
export const GLOBAL_VARIABLE_GUID: Guid = "8be4df61-93ca-11d2-aa0d-00e098032b8c";

const ATTRIBUTES = NON_VOLATILE | BOOT_SERVICE | RUNTIME;
const ACTIVE = 1;

/**
 * An entry that boots a file of any volume: `\EFI\BOOT\BOOTAA64.EFI`.
 *
 * The device path has a file and no device, which firmware completes with the devices that it finds.
 *
 * @param number - 0 to 65535
 * @see UEFI Specification §3.1.3 (Load Options), §10.3.5.4 (File Path Media Device Path)
 */
export function fileBootEntry(number: number, description: string, path: string): Variable {
  const file = utf16(path);
  const node = concat([header(4, 4, 4 + file.length), file, header(0x7f, 0xff, 4)]);
  const fixed = new Uint8Array(6);
  const view = new DataView(fixed.buffer);
  view.setUint32(0, ACTIVE, true);
  view.setUint16(4, node.length, true);
  return global(entryName(number), concat([fixed, utf16(description), node]));
}

/** `BootOrder`: the numbers of the entries, first to last. */
export function bootOrder(numbers: readonly number[]): Variable {
  return global("BootOrder", Uint8Array.from(numbers.flatMap((number) => [number & 0xff, number >> 8])));
}

/** `Timeout`: how long the firmware waits for a key, in seconds. */
export function bootTimeout(seconds: number): Variable {
  return global("Timeout", Uint8Array.of(seconds & 0xff, seconds >> 8));
}

function entryName(number: number): string {
  return `Boot${number.toString(16).toUpperCase().padStart(4, "0")}`;
}

function global(name: string, data: Uint8Array): Variable {
  return { name, guid: GLOBAL_VARIABLE_GUID, attributes: ATTRIBUTES, data };
}

function header(type: number, subType: number, length: number): Uint8Array {
  return Uint8Array.of(type, subType, length & 0xff, length >> 8);
}

/** With its end. */
function utf16(text: string): Uint8Array {
  const bytes = new Uint8Array(2 * text.length + 2);
  const view = new DataView(bytes.buffer);
  for (let index = 0; index < text.length; index++) view.setUint16(2 * index, text.charCodeAt(index), true);
  return bytes;
}
