/**
 * The options of a packet: framing, overload into `file` and `sname`, and options longer than 255 bytes.
 *
 * The three places are read one after the other as if they were one (RFC 3396 §5): the options field,
 * then `file`, then `sname`.
 *
 * @see RFC 2132 §2, §9.3; RFC 3396
 */

import { concat } from "../bytes.ts";
import { WireError } from "../error.ts";
import { OPTION } from "./option.ts";

const MAX_PIECE_BYTES = 255;
const HEADER_BYTES = 2;
const END_BYTES = 1;
/** Option 52 itself: code, length, value. */
const OVERLOAD_BYTES = 3;
const OVERLOAD_FILE = 1;
const OVERLOAD_SNAME = 2;

export interface DecodedOptions {
  readonly options: ReadonlyMap<number, Uint8Array>;
  /** Which header fields held options instead of their own text. */
  readonly overload: { readonly file: boolean; readonly sname: boolean };
}

/**
 * Reads the options of a packet.
 *
 * A missing END is forgiven: there is nothing after it to be misread.
 *
 * @param field - the options field, from behind the magic cookie on
 * @param header - the header fields that option 52 may turn into more room
 * @throws {@link WireError} `WIRE_TRUNCATED` if one ends inside an option, `WIRE_BAD_VALUE` for an
 * option 52 that RFC 2132 does not know
 */
export function decodeOptions(
  field: Uint8Array,
  header: { readonly file: Uint8Array; readonly sname: Uint8Array },
): DecodedOptions {
  const pieces = new Map<number, Uint8Array[]>();
  collect(field, pieces);
  const overload = decodeOverload(pieces.get(OPTION.OVERLOAD));
  if (overload.file) collect(header.file, pieces);
  if (overload.sname) collect(header.sname, pieces);
  pieces.delete(OPTION.OVERLOAD);
  return { options: new Map(Array.from(pieces, ([code, values]) => [code, concat(values)])), overload };
}

function collect(field: Uint8Array, into: Map<number, Uint8Array[]>): void {
  let at = 0;
  while (at < field.length) {
    const code = field[at] ?? OPTION.END;
    if (code === OPTION.END) return;
    if (code === OPTION.PAD) {
      at += 1;
      continue;
    }
    const start = at + HEADER_BYTES;
    const end = start + (field[at + 1] ?? Number.POSITIVE_INFINITY);
    if (end > field.length) throw new WireError("WIRE_TRUNCATED", `the packet ends inside option ${code}`);
    const values = into.get(code) ?? [];
    values.push(field.subarray(start, end));
    into.set(code, values);
    at = end;
  }
}

function decodeOverload(values: readonly Uint8Array[] | undefined): DecodedOptions["overload"] {
  if (values === undefined) return { file: false, sname: false };
  const value = concat(values);
  const bits = value.length === 1 ? (value[0] ?? 0) : 0;
  if (bits < 1 || bits > (OVERLOAD_FILE | OVERLOAD_SNAME)) {
    throw new WireError("WIRE_BAD_VALUE", `option 52 is '${value.join(" ")}', want one byte from 1 to 3`);
  }
  return { file: (bits & OVERLOAD_FILE) !== 0, sname: (bits & OVERLOAD_SNAME) !== 0 };
}

/** How much room there is for options, in bytes; 0 for a header field that is in use. */
export interface Room {
  readonly options: number;
  readonly file: number;
  readonly sname: number;
}

export interface OptionLayout {
  readonly options: Uint8Array;
  /** Absent: the field keeps its own text. */
  readonly file?: Uint8Array;
  readonly sname?: Uint8Array;
}

/**
 * Writes options into the room there is, in order; the header fields are used only when they must be,
 * since some clients never look there (iPXE among them).
 *
 * @throws {@link WireError} `WIRE_BAD_LENGTH` if they do not fit, `WIRE_BAD_VALUE` for a code that is framing
 */
export function layOutOptions(options: ReadonlyMap<number, Uint8Array>, room: Room): OptionLayout {
  for (const code of options.keys()) {
    if (code === OPTION.PAD || code === OPTION.OVERLOAD || code >= OPTION.END || code < 0) {
      throw new WireError("WIRE_BAD_VALUE", `option ${code} cannot be set: it belongs to the framing`);
    }
  }
  const [alone] = place(options, [room.options - END_BYTES], true) ?? [];
  if (alone !== undefined) return { options: writeField(alone) };

  const rooms = [room.options - OVERLOAD_BYTES - END_BYTES, room.file - END_BYTES, room.sname - END_BYTES];
  // Not every client joins pieces, so an option is cut only when it must be.
  const placed = place(options, rooms, false) ?? place(options, rooms, true);
  if (placed === undefined) throw tooLong(options, room);
  const [field = [], file = [], sname = []] = placed;
  const bits = (file.length > 0 ? OVERLOAD_FILE : 0) | (sname.length > 0 ? OVERLOAD_SNAME : 0);
  return {
    options: writeField([...field, { code: OPTION.OVERLOAD, value: Uint8Array.of(bits) }]),
    ...(file.length > 0 && { file: writeField(file) }),
    ...(sname.length > 0 && { sname: writeField(sname) }),
  };
}

/** An option, or as much of a long one as goes under one code and length. */
interface Piece {
  readonly code: number;
  readonly value: Uint8Array;
}

function writeField(pieces: readonly Piece[]): Uint8Array {
  let size = END_BYTES;
  for (const { value } of pieces) size += HEADER_BYTES + value.length;
  const bytes = new Uint8Array(size);
  let at = 0;
  for (const { code, value } of pieces) {
    bytes[at] = code;
    bytes[at + 1] = value.length;
    bytes.set(value, at + HEADER_BYTES);
    at += HEADER_BYTES + value.length;
  }
  bytes[at] = OPTION.END;
  return bytes;
}

/**
 * Fills fields one after the other and never goes back to one, so that the order survives.
 *
 * @param cut - whether an option may begin in one field and go on in the next
 */
function place(
  options: ReadonlyMap<number, Uint8Array>,
  rooms: readonly number[],
  cut: boolean,
): readonly Piece[][] | undefined {
  const fields: Piece[][] = rooms.map(() => []);
  const roomsLeft = [...rooms];
  let current = 0;
  const roomLeft = () => roomsLeft[current] ?? 0;

  for (const [code, value] of options) {
    let rest = value;
    do {
      const wanted = cut ? HEADER_BYTES + Math.min(1, rest.length) : sizeOf(rest);
      while (current < fields.length && roomLeft() < wanted) current += 1;
      const field = fields[current];
      if (field === undefined) return undefined;
      const piece = rest.subarray(0, Math.min(MAX_PIECE_BYTES, roomLeft() - HEADER_BYTES));
      field.push({ code, value: piece });
      roomsLeft[current] = roomLeft() - HEADER_BYTES - piece.length;
      rest = rest.subarray(piece.length);
    } while (rest.length > 0);
  }
  return fields;
}

function sizeOf(value: Uint8Array): number {
  return value.length + HEADER_BYTES * Math.max(1, Math.ceil(value.length / MAX_PIECE_BYTES));
}

function tooLong(options: ReadonlyMap<number, Uint8Array>, room: Room): WireError {
  const bytes = [...options.values()].reduce((sum, value) => sum + sizeOf(value), 0);
  const header = room.file + room.sname;
  return new WireError(
    "WIRE_BAD_LENGTH",
    `${options.size} options need ${bytes} bytes, but the packet has room for ${room.options}` +
      (header > 0 ? ` and ${header} in its header` : " and its header fields are in use"),
  );
}
