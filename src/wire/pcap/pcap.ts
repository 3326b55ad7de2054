/**
 * The classic capture file of tcpdump.
 *
 * ```
 *  0 magic   4 version (2 + 2)   8 zone   12 accuracy   16 snap length   20 link type
 *  then for each packet: seconds, fraction, captured length, length on the wire; 4 bytes each, and its bytes
 * ```
 *
 * @see draft-ietf-opsawg-pcap
 */

import { WireError } from "../error.ts";
import { type Capture, type CapturedPacket, MAX_PACKET_BYTES } from "./captured-packet.ts";

const FILE_HEADER_BYTES = 24;
const RECORD_HEADER_BYTES = 16;
/** The magic number tells the byte order, and the unit of the fraction of a second. */
const FRACTIONS_PER_MS: ReadonlyMap<number, number> = new Map([
  [0xa1b2c3d4, 1_000],
  [0xa1b23c4d, 1_000_000],
]);

/** Whether a file begins as one of these. */
export function isPcap(file: Uint8Array): boolean {
  return byteOrder(file) !== undefined;
}

/** Reads a file that {@link isPcap}. */
export function decodePcap(file: Uint8Array): Capture {
  const order = byteOrder(file);
  if (order === undefined) throw new WireError("WIRE_BAD_MAGIC", "no pcap file", 0);
  if (file.length < FILE_HEADER_BYTES) {
    throw new WireError("WIRE_TRUNCATED", "the pcap file ends inside its header", file.length);
  }
  const view = new DataView(file.buffer, file.byteOffset, file.length);
  const { littleEndian, perMs } = order;
  // The upper half has flags about a checksum at the end of frames.
  const link = view.getUint32(20, littleEndian) & 0xffff;
  const packets: CapturedPacket[] = [];
  let at = FILE_HEADER_BYTES;
  while (at < file.length) {
    if (at + RECORD_HEADER_BYTES > file.length) return { packets, isCutShort: true };
    const word = (index: number) => view.getUint32(at + 4 * index, littleEndian);
    const length = word(2);
    if (length > MAX_PACKET_BYTES) throw damaged(packets.length + 1, length, at);
    const start = at + RECORD_HEADER_BYTES;
    if (start + length > file.length) return { packets, isCutShort: true };
    packets.push({
      number: packets.length + 1,
      timeMs: word(0) * 1_000 + word(1) / perMs,
      link,
      bytes: file.subarray(start, start + length),
    });
    at = start + length;
  }
  return { packets, isCutShort: false };
}

function byteOrder(file: Uint8Array): { littleEndian: boolean; perMs: number } | undefined {
  if (file.length < 4) return undefined;
  const view = new DataView(file.buffer, file.byteOffset, file.length);
  for (const littleEndian of [true, false]) {
    const perMs = FRACTIONS_PER_MS.get(view.getUint32(0, littleEndian));
    if (perMs !== undefined) return { littleEndian, perMs };
  }
  return undefined;
}

function damaged(number: number, length: number, offset: number): WireError {
  return new WireError(
    "WIRE_BAD_LENGTH",
    `packet ${number} claims ${length} bytes: the file is damaged`,
    offset,
  );
}
