/** EDK2 firmware volumes: the blocks, each with a header of its own, that a firmware image such as `RPI_EFI.fd` consists of. */

import { WireError } from "../error.ts";
import { decodeGuid, type Guid } from "./guid.ts";

/** gEfiSystemNvDataFvGuid: the volume that holds the variables. */
export const NV_DATA_GUID: Guid = "fff12b8d-7696-4c8b-a985-2747075b4f50";
/** gEfiFirmwareFileSystem2Guid and 3: volumes that hold programs. */
const FILE_SYSTEM_GUIDS: readonly Guid[] = [
  "8c8ce578-8a3d-4f1c-9935-896185c32dd3",
  "5473c07a-3dcb-4dca-bd6f-1e9689e7349a",
];

/**
 * ```
 *  0  zero vector, 16      32  FvLength, u64        48  HeaderLength, u16
 * 16  FileSystemGuid, 16   40  "_FVH"               50  Checksum, u16
 *                          44  Attributes, u32      52  ExtHeaderOffset … Revision, block map
 * ```
 *
 * @see UEFI Platform Initialization Specification, volume 3, "EFI_FIRMWARE_VOLUME_HEADER"
 */
export interface FirmwareVolume {
  /** Of its first byte in the image. */
  readonly offset: number;
  readonly sizeBytes: number;
  readonly headerBytes: number;
  readonly guid: Guid;
}

const SIGNATURE_AT = 40;
const MIN_HEADER_BYTES = 56;

/** Whether the volume holds programs, as against variables. */
export function holdsPrograms({ guid }: FirmwareVolume): boolean {
  return FILE_SYSTEM_GUIDS.includes(guid);
}

/** Whether a volume's signature stands where one at `offset` has it. */
export function isFirmwareVolume(image: Uint8Array, offset: number): boolean {
  const at = offset + SIGNATURE_AT;
  return image[at] === 0x5f && image[at + 1] === 0x46 && image[at + 2] === 0x56 && image[at + 3] === 0x48;
}

/**
 * Reads the header of the volume at `offset`.
 *
 * @throws {@link WireError} `WIRE_BAD_MAGIC`, `WIRE_TRUNCATED`, or `WIRE_BAD_VALUE` for a wrong checksum
 */
export function decodeFirmwareVolume(image: Uint8Array, offset: number): FirmwareVolume {
  if (!isFirmwareVolume(image, offset)) {
    throw new WireError("WIRE_BAD_MAGIC", "there is no firmware volume ('_FVH')", offset + SIGNATURE_AT);
  }
  const view = new DataView(image.buffer, image.byteOffset, image.byteLength);
  if (offset + MIN_HEADER_BYTES > image.length) {
    throw new WireError("WIRE_TRUNCATED", "the volume's header ends early", image.length);
  }
  const sizeBytes = Number(view.getBigUint64(offset + 32, true));
  const headerBytes = view.getUint16(offset + 48, true);
  if (headerBytes < MIN_HEADER_BYTES || headerBytes % 2 !== 0 || sizeBytes < headerBytes) {
    throw new WireError("WIRE_BAD_LENGTH", `the volume's header has ${headerBytes} bytes`, offset + 48);
  }
  if (offset + sizeBytes > image.length) {
    throw new WireError("WIRE_TRUNCATED", `the volume at ${offset} ends behind the image`, image.length);
  }
  let sum = 0;
  for (let at = offset; at < offset + headerBytes; at += 2) sum += view.getUint16(at, true);
  if ((sum & 0xffff) !== 0) {
    throw new WireError("WIRE_BAD_VALUE", "the volume header's checksum is wrong", offset + 50);
  }
  return { offset, sizeBytes, headerBytes, guid: decodeGuid(image.subarray(offset + 16)) };
}

/** Volumes start at whole blocks. */
const BLOCK_BYTES = 4096;

/** All volumes of an image whose headers are sound, in order. */
export function findFirmwareVolumes(image: Uint8Array): FirmwareVolume[] {
  const found: FirmwareVolume[] = [];
  for (let at = 0; at + MIN_HEADER_BYTES <= image.length; at += BLOCK_BYTES) {
    if (!isFirmwareVolume(image, at)) continue;
    try {
      found.push(decodeFirmwareVolume(image, at));
    } catch (error) {
      // Four letters at the right place are no header yet.
      if (!(error instanceof WireError)) throw error;
    }
  }
  return found;
}
