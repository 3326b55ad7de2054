/** TFTP packets: bytes and values. Names and texts are kept byte for byte, one character each. */

import { concat } from "../bytes.ts";
import { WireError } from "../error.ts";
import { decodeOptions, encodeOptions, type TftpOption } from "./option.ts";
import { encodeText, readText } from "./text.ts";

/** Error codes of RFC 1350 §5 and RFC 2347. Others are carried as they are. */
export const ERROR_NOT_DEFINED = 0;
export const ERROR_NOT_FOUND = 1;
export const ERROR_ACCESS = 2;
export const ERROR_ILLEGAL = 4;
export const ERROR_UNKNOWN_TID = 5;
export const ERROR_OPTION_REFUSED = 8;

/**
 * One TFTP packet.
 *
 * ```
 *   2 bytes   string    1 byte  string  1 byte  string  1 byte  string  1 byte
 *  | 1 or 2 | filename |  0   |  mode  |  0   |  name  |  0   | value  |  0   |  RRQ, WRQ
 *  |   3    | block: 2 bytes  | data: 0 to blksize bytes                        DATA
 *  |   4    | block: 2 bytes                                                    ACK
 *  |   5    | code: 2 bytes   | message |  0                                    ERROR
 *  |   6    |  name  |  0     |  value  |  0                                    OACK
 * ```
 *
 * @see RFC 1350 §5, RFC 2347
 */
export type TftpPacket = TftpRequest | TftpData | TftpAck | TftpError | TftpOack;

export interface TftpRequest {
  readonly type: "RRQ" | "WRQ";
  readonly filename: string;
  /** As sent; `octet`, `netascii` and `mail` in any case. */
  readonly mode: string;
  readonly options: readonly TftpOption[];
}

export interface TftpData {
  readonly type: "DATA";
  /** 0 to 65535. */
  readonly block: number;
  readonly data: Uint8Array;
}

export interface TftpAck {
  readonly type: "ACK";
  /** 0 to 65535. */
  readonly block: number;
}

export interface TftpError {
  readonly type: "ERROR";
  /** 0 to 65535. */
  readonly code: number;
  readonly message: string;
}

export interface TftpOack {
  readonly type: "OACK";
  readonly options: readonly TftpOption[];
}

const OPCODE = { RRQ: 1, WRQ: 2, DATA: 3, ACK: 4, ERROR: 5, OACK: 6 } as const;

/** Four times what RFC 2347 allows: long names are served, a flood of options is not read. */
const MAX_REQUEST_BYTES = 2048;

/**
 * Reads one packet. `data` of a DATA packet is a view on `bytes`, not a copy.
 *
 * @throws {@link WireError} `WIRE_TRUNCATED`, `WIRE_BAD_LENGTH`, or `WIRE_BAD_MAGIC` for an opcode that is none
 */
export function decodePacket(bytes: Uint8Array): TftpPacket {
  const opcode = readWord(bytes, 0, "an opcode");
  switch (opcode) {
    case OPCODE.RRQ:
      return decodeRequest(bytes, "RRQ");
    case OPCODE.WRQ:
      return decodeRequest(bytes, "WRQ");
    case OPCODE.DATA:
      return { type: "DATA", block: readWord(bytes, 2, "a block number"), data: bytes.subarray(4) };
    case OPCODE.ACK:
      return { type: "ACK", block: readWord(bytes, 2, "a block number") };
    case OPCODE.ERROR: {
      const code = readWord(bytes, 2, "an error code");
      // Many clients leave out the last NUL.
      return { type: "ERROR", code, message: readText(bytes, 4, "to-end").text };
    }
    case OPCODE.OACK:
      return { type: "OACK", options: decodeOptions(bytes, 2) };
    default:
      throw new WireError("WIRE_BAD_MAGIC", `${opcode} is no TFTP opcode`, 0);
  }
}

/** True for bytes that claim to be a read or write request, however broken: only these may be answered. */
export function looksLikeRequest(bytes: Uint8Array): boolean {
  return bytes.length > 2 && bytes[0] === 0 && (bytes[1] === OPCODE.RRQ || bytes[1] === OPCODE.WRQ);
}

/** True for bytes that claim to be an ACK or an ERROR: what a client sends while it reads. */
export function looksLikeReply(bytes: Uint8Array): boolean {
  return bytes.length >= 4 && bytes[0] === 0 && (bytes[1] === OPCODE.ACK || bytes[1] === OPCODE.ERROR);
}

/**
 * Writes one packet. The inverse of {@link decodePacket}.
 *
 * @throws {@link WireError} `WIRE_BAD_VALUE` for a text that holds NUL or a character above U+00FF,
 * an empty option name, or a number that has no 16 bits
 */
export function encodePacket(packet: TftpPacket): Uint8Array {
  const opcode = OPCODE[packet.type];
  switch (packet.type) {
    case "RRQ":
    case "WRQ":
      return concat([
        word(opcode),
        encodeText(packet.filename),
        encodeText(packet.mode),
        encodeOptions(packet.options),
      ]);
    case "DATA":
      return concat([word(opcode), word(packet.block), packet.data]);
    case "ACK":
      return concat([word(opcode), word(packet.block)]);
    case "ERROR":
      return concat([word(opcode), word(packet.code), encodeText(packet.message)]);
    case "OACK":
      return concat([word(opcode), encodeOptions(packet.options)]);
  }
}

function decodeRequest(bytes: Uint8Array, type: "RRQ" | "WRQ"): TftpRequest {
  if (bytes.length > MAX_REQUEST_BYTES) {
    throw new WireError("WIRE_BAD_LENGTH", `a request of ${bytes.length} bytes, want at most 512`);
  }
  const filename = readText(bytes, 2, "a file name");
  const mode = readText(bytes, filename.end, "a mode");
  return { type, filename: filename.text, mode: mode.text, options: decodeOptions(bytes, mode.end) };
}

function readWord(bytes: Uint8Array, offset: number, what: string): number {
  const [high, low] = [bytes[offset], bytes[offset + 1]];
  if (high === undefined || low === undefined) {
    throw new WireError("WIRE_TRUNCATED", `the packet ends before ${what}`, offset);
  }
  return (high << 8) | low;
}

function word(value: number): Uint8Array {
  if (!Number.isInteger(value) || value < 0 || value > 0xffff) {
    throw new WireError("WIRE_BAD_VALUE", `${value} does not fit 16 bits`);
  }
  return Uint8Array.of(value >> 8, value & 0xff);
}
