/**
 * Writes capture files as Wireshark has them, block by block, so that a file can be sent while it is made.
 *
 * Everything is little-endian; times are in microseconds, which is what readers take where nothing is said.
 *
 * @see draft-ietf-opsawg-pcapng; what is written here {@link import("./pcapng.ts").decodePcapng} reads
 */

import { concat } from "../bytes.ts";

const SECTION = 0x0a0d0d0a;
const BYTE_ORDER_MAGIC = 0x1a2b3c4d;
const BLOCK = { INTERFACE: 1, STATISTICS: 5, ENHANCED_PACKET: 6 } as const;
/** Each kind of block has its own numbers; a comment is 1 in all of them. */
const OPTION = { END: 0, COMMENT: 1, PROGRAM: 4, NAME: 2, DESCRIPTION: 3, RECEIVED: 4, DROPPED: 5 } as const;
/** An option's length has 16 bits; nobody reads so long a comment. */
const MAX_TEXT_BYTES = 4096;

type Option = readonly [code: number, value: Uint8Array];

/** What stands at the beginning of a file. */
export interface SectionFacts {
  /** What has written it. */
  readonly program: string;
  readonly comment: string;
}

/** The block that begins a file. */
export function encodeSection({ program, comment }: SectionFacts): Uint8Array {
  const versions = Uint8Array.of(1, 0, 0, 0);
  // How long the section is nobody knows yet.
  const body = [words(BYTE_ORDER_MAGIC), versions, words(0xffffffff, 0xffffffff)];
  return block(SECTION, body, [text(OPTION.COMMENT, comment), text(OPTION.PROGRAM, program)]);
}

export interface InterfaceFacts {
  /** One of {@link import("./transport.ts").LINK}. */
  readonly link: number;
  readonly name: string;
  readonly description: string;
}

/** The block that packets refer to; the first of a file is number 0. */
export function encodeInterface({ link, name, description }: InterfaceFacts): Uint8Array {
  const body = [Uint8Array.of(link & 0xff, link >> 8, 0, 0), words(0)];
  return block(BLOCK.INTERFACE, body, [text(OPTION.NAME, name), text(OPTION.DESCRIPTION, description)]);
}

export interface PacketFacts {
  /** Milliseconds since 1970, with fractions. */
  readonly timeMs: number;
  /** What is kept of it. */
  readonly bytes: Uint8Array;
  /** How long it was. */
  readonly wireBytes: number;
  readonly comments?: readonly string[];
}

/** A packet of interface 0. */
export function encodePacket({ timeMs, bytes, wireBytes, comments = [] }: PacketFacts): Uint8Array {
  const body = [words(0, ...time(timeMs), bytes.length, wireBytes), bytes, padding(bytes.length)];
  return block(
    BLOCK.ENHANCED_PACKET,
    body,
    comments.map((comment) => text(OPTION.COMMENT, comment)),
  );
}

export interface StatisticsFacts {
  readonly timeMs: number;
  /** Packets that were to be recorded, those that were lost among them. */
  readonly received: number;
  /** Those that were lost. */
  readonly dropped: number;
}

/** What is known of interface 0 by now; a later block of the kind replaces an earlier one. */
export function encodeStatistics({ timeMs, received, dropped }: StatisticsFacts): Uint8Array {
  const count = (code: number, value: number): Option => [
    code,
    words(value >>> 0, Math.floor(value / 2 ** 32)),
  ];
  return block(
    BLOCK.STATISTICS,
    [words(0, ...time(timeMs))],
    [count(OPTION.RECEIVED, received), count(OPTION.DROPPED, dropped)],
  );
}

function block(type: number, body: readonly Uint8Array[], options: readonly Option[]): Uint8Array {
  const written = options.length === 0 ? [] : [...options.flatMap(encodeOption), words(OPTION.END)];
  const parts = [...body, ...written];
  const length = parts.reduce((sum, part) => sum + part.length, 12);
  return concat([words(type, length), ...parts, words(length)]);
}

function encodeOption([code, value]: Option): readonly Uint8Array[] {
  return [words(code | (value.length << 16)), value, padding(value.length)];
}

function text(code: number, value: string): Option {
  const bytes = new TextEncoder().encode(value);
  if (bytes.length <= MAX_TEXT_BYTES) return [code, bytes];
  // Not within a character: its first byte is none that only goes on.
  let end = MAX_TEXT_BYTES;
  while (((bytes[end] ?? 0) & 0xc0) === 0x80) end--;
  return [code, bytes.subarray(0, end)];
}

function time(timeMs: number): readonly [high: number, low: number] {
  const us = Math.round(timeMs * 1000);
  return [Math.floor(us / 2 ** 32), us >>> 0];
}

function padding(length: number): Uint8Array {
  return new Uint8Array((4 - (length % 4)) % 4);
}

function words(...values: readonly number[]): Uint8Array {
  const bytes = new Uint8Array(4 * values.length);
  const view = new DataView(bytes.buffer);
  for (const [i, value] of values.entries()) view.setUint32(4 * i, value, true);
  return bytes;
}
