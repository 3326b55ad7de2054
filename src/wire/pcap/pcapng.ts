/**
 * The capture file of Wireshark: blocks, of which those with packets and interfaces are read.
 *
 * ```
 *  0 type   4 length of the whole block   8 body …   length again; padded to 4 bytes
 *  section:   byte-order magic, version …        interface: link type (2), reserved (2), snap length, options
 *  enhanced packet: interface, time (2 words), captured length, length on the wire, bytes
 *  simple packet:   length on the wire, bytes    old packet: interface (2), drops (2), then as the enhanced one
 * ```
 *
 * @see draft-ietf-opsawg-pcapng
 */

import { WireError } from "../error.ts";
import { type Capture, type CapturedPacket, MAX_PACKET_BYTES } from "./captured-packet.ts";

const SECTION = 0x0a0d0d0a;
const BYTE_ORDER_MAGIC = 0x1a2b3c4d;
const BLOCK = { INTERFACE: 1, OLD_PACKET: 2, SIMPLE_PACKET: 3, ENHANCED_PACKET: 6 } as const;
const TIME_RESOLUTION = 9;
const COMMENT = 1;
const MICROSECONDS = 1_000_000n;
/** Type, both lengths. */
const FRAME_BYTES = 12;
/** More than any block that has a packet; longer ones (secrets, name tables) are not read, only passed. */
const MAX_BLOCK_BYTES = 64 * 1024 * 1024;

interface Interface {
  readonly link: number;
  readonly unitsPerSecond: bigint;
}

/** Whether a file begins as one of these. The number reads the same in both byte orders. */
export function isPcapng(file: Uint8Array): boolean {
  return file.length >= 4 && new DataView(file.buffer, file.byteOffset, file.length).getUint32(0) === SECTION;
}

/** Reads a file that {@link isPcapng}. */
export function decodePcapng(file: Uint8Array): Capture {
  const view = new DataView(file.buffer, file.byteOffset, file.length);
  const packets: CapturedPacket[] = [];
  let interfaces: Interface[] = [];
  let littleEndian = true;
  let at = 0;
  while (at < file.length) {
    if (at + FRAME_BYTES > file.length) return { packets, isCutShort: true };
    if (view.getUint32(at) === SECTION) {
      // Each section has its own byte order and its own interfaces.
      littleEndian = sectionOrder(view, at);
      interfaces = [];
    }
    const length = view.getUint32(at + 4, littleEndian);
    if (length < FRAME_BYTES || length % 4 !== 0 || length > MAX_BLOCK_BYTES) {
      throw new WireError("WIRE_BAD_LENGTH", `a block claims ${length} bytes: the file is damaged`, at);
    }
    if (at + length > file.length) return { packets, isCutShort: true };
    const block: Block = {
      type: view.getUint32(at, littleEndian),
      body: new DataView(file.buffer, file.byteOffset + at + 8, length - FRAME_BYTES),
      littleEndian,
    };
    if (block.type === BLOCK.INTERFACE) interfaces.push(readInterface(block));
    const packet = readPacket(block, interfaces);
    if (packet !== undefined) packets.push({ number: packets.length + 1, ...packet });
    at += length;
  }
  return { packets, isCutShort: false };
}

interface Block {
  readonly type: number;
  readonly body: DataView;
  readonly littleEndian: boolean;
}

function sectionOrder(view: DataView, at: number): boolean {
  if (view.getUint32(at + 8, true) === BYTE_ORDER_MAGIC) return true;
  if (view.getUint32(at + 8) === BYTE_ORDER_MAGIC) return false;
  throw new WireError("WIRE_BAD_VALUE", "the pcapng file does not say its byte order", at + 8);
}

function readInterface({ body, littleEndian }: Block): Interface {
  need(body, 8);
  return { link: body.getUint16(0, littleEndian), unitsPerSecond: timeUnits(body, littleEndian) };
}

/** From the options: a power of ten, or with the highest bit of two; microseconds unless it is said. */
function timeUnits(body: DataView, littleEndian: boolean): bigint {
  for (const [code, value] of optionsFrom(body, 8, littleEndian)) {
    const [resolution] = value;
    if (code === TIME_RESOLUTION && value.length === 1 && resolution !== undefined)
      return (resolution & 0x80) !== 0 ? 2n ** BigInt(resolution & 0x7f) : 10n ** BigInt(resolution);
  }
  return MICROSECONDS;
}

/** The options of a block, as far as they are whole: its packet is read whatever they are. */
function* optionsFrom(
  body: DataView,
  start: number,
  littleEndian: boolean,
): Generator<readonly [code: number, value: Uint8Array]> {
  let at = start;
  while (at + 4 <= body.byteLength) {
    const [code, length] = [body.getUint16(at, littleEndian), body.getUint16(at + 2, littleEndian)];
    if (code === 0 || at + 4 + length > body.byteLength) return;
    yield [code, new Uint8Array(body.buffer, body.byteOffset + at + 4, length)];
    at += 4 + length + padTo4(length);
  }
}

function padTo4(length: number): number {
  return (4 - (length % 4)) % 4;
}

function commentsFrom(body: DataView, start: number, littleEndian: boolean): readonly string[] {
  const options = [...optionsFrom(body, start, littleEndian)];
  return options.flatMap(([code, value]) => (code === COMMENT ? [new TextDecoder().decode(value)] : []));
}

function readPacket(
  block: Block,
  interfaces: readonly Interface[],
): Omit<CapturedPacket, "number"> | undefined {
  const { type, body, littleEndian } = block;
  switch (type) {
    case BLOCK.ENHANCED_PACKET:
    case BLOCK.OLD_PACKET: {
      need(body, 20);
      const index =
        type === BLOCK.OLD_PACKET ? body.getUint16(0, littleEndian) : body.getUint32(0, littleEndian);
      const seenBy = interfaceOf(interfaces, index, body);
      const high = BigInt(body.getUint32(4, littleEndian));
      const units = (high << 32n) | BigInt(body.getUint32(8, littleEndian));
      const bytes = slice(body, 20, body.getUint32(12, littleEndian));
      const comments = commentsFrom(body, 20 + bytes.length + padTo4(bytes.length), littleEndian);
      const packet = { timeMs: toMs(units, seenBy), link: seenBy.link, bytes };
      return comments.length === 0 ? packet : { ...packet, comments };
    }
    case BLOCK.SIMPLE_PACKET: {
      need(body, 4);
      const { link } = interfaceOf(interfaces, 0, body);
      // It does not say how much was kept: all that there was, or all that the block holds.
      const length = Math.min(body.getUint32(0, littleEndian), body.byteLength - 4);
      return { timeMs: 0, link, bytes: slice(body, 4, length) };
    }
    default:
      return undefined;
  }
}

/** Nanoseconds since 1970 are more than a number holds exactly. */
function toMs(units: bigint, { unitsPerSecond }: Interface): number {
  return Number((units * MICROSECONDS) / unitsPerSecond) / 1_000;
}

function interfaceOf(interfaces: readonly Interface[], index: number, body: DataView): Interface {
  const found = interfaces[index];
  if (found !== undefined) return found;
  throw new WireError("WIRE_BAD_VALUE", `a packet is of interface ${index}, which is none`, body.byteOffset);
}

function slice(body: DataView, at: number, length: number): Uint8Array {
  if (length > MAX_PACKET_BYTES || at + length > body.byteLength) {
    throw new WireError(
      "WIRE_BAD_LENGTH",
      `a packet claims ${length} bytes: the file is damaged`,
      body.byteOffset,
    );
  }
  return new Uint8Array(body.buffer, body.byteOffset + at, length);
}

function need(body: DataView, bytes: number): void {
  if (body.byteLength < bytes) {
    throw new WireError("WIRE_BAD_LENGTH", "a block is too short for what it is", body.byteOffset);
  }
}
