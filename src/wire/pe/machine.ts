/** The machine field of a PE file: for which processor an EFI program was built. */

import { WireError } from "../error.ts";

/** IMAGE_FILE_HEADER.Machine: 0x8664 is x64, 0xaa64 is arm64. */
export type PeMachine = number;

/** Where the DOS header says where the PE header is. */
const PE_OFFSET_AT = 0x3c;

/** Whether the bytes start as an EFI program does; a BIOS boot program does not. */
export function isPe(bytes: Uint8Array): boolean {
  return bytes[0] === 0x4d && bytes[1] === 0x5a;
}

/**
 * Reads the machine field.
 *
 * @param bytes - the file's first 4 KiB or more
 * @throws {@link WireError} `WIRE_BAD_MAGIC` if this is no PE file, `WIRE_TRUNCATED` if its header is not in `bytes`
 * @see Microsoft PE Format, "COFF File Header"
 */
export function decodePeMachine(bytes: Uint8Array): PeMachine {
  if (!isPe(bytes)) throw new WireError("WIRE_BAD_MAGIC", "the file does not start with 'MZ'", 0);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < PE_OFFSET_AT + 4)
    throw new WireError("WIRE_TRUNCATED", "the DOS header ends early", bytes.length);
  const header = view.getUint32(PE_OFFSET_AT, true);
  if (header + 6 > bytes.length) {
    throw new WireError(
      "WIRE_TRUNCATED",
      `the PE header at ${header} lies behind what was read`,
      PE_OFFSET_AT,
    );
  }
  if (view.getUint32(header, true) !== 0x4550) {
    throw new WireError("WIRE_BAD_MAGIC", "there is no 'PE' where the DOS header says", header);
  }
  return view.getUint16(header + 4, true);
}
