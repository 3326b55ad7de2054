/** The header of an ELF file: for which processor a program was built, and how long its file must be. */

import { WireError } from "../error.ts";

/** EM_VIDEOCORE3: the GPU of a Raspberry Pi, which `start4.elf` runs on. */
export const ELF_VIDEOCORE3 = 137;

export interface ElfHeader {
  /** As registered for e_machine: 137 is the Raspberry Pi's GPU, 183 is arm64. */
  readonly machine: number;
  /** 2 is a program. */
  readonly type: number;
  readonly programHeaders: number;
  /** The least length of the file: its headers and segments lie within. */
  readonly minBytes: number;
}

const HEADER_BYTES = 52;
const PROGRAM_HEADER_BYTES = 32;

/** Whether the bytes start as an ELF file does. */
export function isElf(bytes: Uint8Array): boolean {
  return bytes[0] === 0x7f && bytes[1] === 0x45 && bytes[2] === 0x4c && bytes[3] === 0x46;
}

/**
 * Reads the header and the program headers of a 32-bit little-endian ELF file, as the GPU's are.
 *
 * @param bytes - the file, or its beginning with all the program headers
 * @throws {@link WireError} `WIRE_BAD_MAGIC`, `WIRE_TRUNCATED`, or `WIRE_BAD_VALUE` for another kind of ELF file
 * @see System V ABI, "ELF Header"
 */
export function decodeElf32(bytes: Uint8Array): ElfHeader {
  if (!isElf(bytes)) throw new WireError("WIRE_BAD_MAGIC", "the file does not start with '\\x7fELF'", 0);
  if (bytes.length < HEADER_BYTES)
    throw new WireError("WIRE_TRUNCATED", "the ELF header ends early", bytes.length);
  if (bytes[4] !== 1 || bytes[5] !== 1) {
    throw new WireError("WIRE_BAD_VALUE", "it is not a 32-bit little-endian ELF file", 4);
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const [programOffset, sectionOffset] = [view.getUint32(28, true), view.getUint32(32, true)];
  const [programSize, programHeaders] = [view.getUint16(42, true), view.getUint16(44, true)];
  const [sectionSize, sections] = [view.getUint16(46, true), view.getUint16(48, true)];
  if (programHeaders > 0 && programSize !== PROGRAM_HEADER_BYTES) {
    throw new WireError("WIRE_BAD_VALUE", `its program headers have ${programSize} bytes, want 32`, 42);
  }
  const programEnd = programOffset + programHeaders * PROGRAM_HEADER_BYTES;
  if (programEnd > bytes.length) {
    throw new WireError("WIRE_TRUNCATED", `the program headers end at ${programEnd}`, bytes.length);
  }
  const segmentEnds = Array.from({ length: programHeaders }, (_, index) => {
    const at = programOffset + index * PROGRAM_HEADER_BYTES;
    const fileBytes = view.getUint32(at + 16, true);
    return fileBytes === 0 ? 0 : view.getUint32(at + 4, true) + fileBytes;
  });
  const minBytes = Math.max(programEnd, sectionOffset + sections * sectionSize, ...segmentEnds);
  return { machine: view.getUint16(18, true), type: view.getUint16(16, true), programHeaders, minBytes };
}
