/**
 * The variables that UEFI firmware of EDK2 keeps in its own image: read, and set as the firmware sets them.
 *
 * A store is a log. A changed variable is written behind the others and its old entry is marked deleted
 * by clearing bits, as on flash, where bits can be cleared one by one but set only a block at a time.
 */

import { concat } from "../bytes.ts";
import { WireError } from "../error.ts";
import { decodeFirmwareVolume, findFirmwareVolumes, NV_DATA_GUID } from "./firmware-volume.ts";
import { decodeGuid, encodeGuid, type Guid } from "./guid.ts";

/** `EFI_VARIABLE_…` of the UEFI specification §8.2. */
export const NON_VOLATILE = 0x01;
export const BOOT_SERVICE = 0x02;
export const RUNTIME = 0x04;
const AUTHENTICATED_WRITE = 0x10;
const TIME_BASED_WRITE = 0x20;

export interface Variable {
  readonly name: string;
  readonly guid: Guid;
  /** Such as {@link NON_VOLATILE} `|` {@link BOOT_SERVICE}. */
  readonly attributes: number;
  readonly data: Uint8Array;
}

/** A variable as it stands in the store. */
export interface StoredVariable extends Variable {
  /** Of its header, in the image. */
  readonly offset: number;
  /** Up to the next header. */
  readonly sizeBytes: number;
  readonly state: number;
}

export interface VariableStore {
  /** Of the store's header, in the image. */
  readonly offset: number;
  /** With its header. */
  readonly sizeBytes: number;
  /** All entries, with those that were superseded. */
  readonly entries: readonly StoredVariable[];
  /** Behind the last entry; what follows is erased. */
  readonly freeAt: number;
}

/** gEfiAuthenticatedVariableGuid. */
const STORE_GUID: Guid = "aaf32c78-947b-439a-a180-2e144ec37792";
const STORE_HEADER_BYTES = 28;
const FORMATTED = 0x5a;
const HEALTHY = 0xfe;

/**
 * ```
 *  0  StartId 0x55aa, u16    16  TimeStamp, 16 bytes      40  DataSize, u32
 *  2  State, u8              32  PubKeyIndex, u32         44  VendorGuid, 16 bytes
 *  4  Attributes, u32        36  NameSize, u32            60  name in UTF-16 with its end, data
 *  8  MonotonicCount, u64
 * ```
 */
const HEADER_BYTES = 60;
const START_ID = 0x55aa;
const ALIGNMENT = 4;
/** Headers and data are written in steps, each of which clears a bit. */
const ADDED = 0x3f;
const IN_DELETED_TRANSITION = 0xfe;
const DELETED = 0xfd;
const ERASED = 0xff;

/** @throws {@link WireError} where the image has no volume for variables */
export function findVariableStore(image: Uint8Array): VariableStore {
  const volume = findFirmwareVolumes(image).find(({ guid }) => guid === NV_DATA_GUID);
  if (volume === undefined) throw new WireError("WIRE_BAD_MAGIC", "the image has no volume for variables");
  const { offset, headerBytes, sizeBytes } = decodeFirmwareVolume(image, volume.offset);
  return decodeVariableStore(image, offset + headerBytes, offset + sizeBytes);
}

/**
 * Reads the store whose header is at `offset`.
 *
 * @param limit - where its volume ends
 * @throws {@link WireError} `WIRE_BAD_MAGIC` for no authenticated store, `WIRE_BAD_LENGTH` for one that leaves its volume
 * @see EDK2, MdeModulePkg/Include/Guid/VariableFormat.h
 */
export function decodeVariableStore(image: Uint8Array, offset: number, limit = image.length): VariableStore {
  const view = new DataView(image.buffer, image.byteOffset, image.byteLength);
  if (offset + STORE_HEADER_BYTES > limit || decodeGuid(image.subarray(offset)) !== STORE_GUID) {
    throw new WireError("WIRE_BAD_MAGIC", "there is no store of authenticated variables", offset);
  }
  if (image[offset + 20] !== FORMATTED || image[offset + 21] !== HEALTHY) {
    throw new WireError("WIRE_BAD_VALUE", "the store is not formatted, or not healthy", offset + 20);
  }
  const sizeBytes = view.getUint32(offset + 16, true);
  if (sizeBytes < STORE_HEADER_BYTES || offset + sizeBytes > limit) {
    throw new WireError(
      "WIRE_BAD_LENGTH",
      `the store has ${sizeBytes} bytes, more than its volume`,
      offset + 16,
    );
  }
  const entries: StoredVariable[] = [];
  let at = offset + STORE_HEADER_BYTES;
  for (;;) {
    const entry = decodeEntry(image, at, offset + sizeBytes);
    if (entry === undefined) return { offset, sizeBytes, entries, freeAt: at };
    entries.push(entry);
    at += entry.sizeBytes;
  }
}

/** `undefined` where the log ends. */
function decodeEntry(image: Uint8Array, at: number, end: number): StoredVariable | undefined {
  const view = new DataView(image.buffer, image.byteOffset, image.byteLength);
  if (at + HEADER_BYTES > end || view.getUint16(at, true) !== START_ID) return undefined;
  const [nameBytes, dataBytes] = [view.getUint32(at + 36, true), view.getUint32(at + 40, true)];
  const dataAt = at + HEADER_BYTES + nameBytes;
  if (dataAt + dataBytes > end) return undefined;
  return {
    offset: at,
    // The last entry may end where the store does, with no room for the bytes that align the next.
    sizeBytes: Math.min(align(dataAt + dataBytes), end) - at,
    state: view.getUint8(at + 2),
    attributes: view.getUint32(at + 4, true),
    guid: decodeGuid(image.subarray(at + 44)),
    name: decodeName(image.subarray(at + HEADER_BYTES, dataAt)),
    data: image.slice(dataAt, dataAt + dataBytes),
  };
}

/**
 * The variables that count.
 *
 * One that was being replaced when the power went counts until its successor was written.
 */
export function liveVariables({ entries }: VariableStore): StoredVariable[] {
  const added = entries.filter(({ state }) => state === ADDED);
  const replaced = entries.filter(
    (entry) => entry.state === (ADDED & IN_DELETED_TRANSITION) && !added.some((each) => isSame(each, entry)),
  );
  return [...added, ...replaced].sort((a, b) => a.offset - b.offset);
}

/**
 * Sets variables in an image; those that have the value already stay as they are.
 *
 * Nothing else changes: the firmware's own entries keep every bit. Where the log has no room left it is
 * rewritten without what was superseded, as the firmware does. A write that the firmware itself had begun
 * when the power went lies in a spare area of its own and is not looked at.
 *
 * @returns a new image of the same length
 * @throws {@link WireError} `WIRE_BAD_LENGTH` when they do not fit, `WIRE_BAD_VALUE` for one that only a signature may change
 */
export function setVariables(image: Uint8Array, variables: readonly Variable[]): Uint8Array {
  return variables.reduce(setVariable, image.slice());
}

function setVariable(image: Uint8Array, variable: Variable): Uint8Array {
  const store = findVariableStore(image);
  const before = liveVariables(store).find((each) => isSame(each, variable));
  if (((before?.attributes ?? 0) | variable.attributes) & (AUTHENTICATED_WRITE | TIME_BASED_WRITE)) {
    throw new WireError(
      "WIRE_BAD_VALUE",
      `the variable ${variable.name} can be changed with a signature only`,
    );
  }
  if (before !== undefined && before.attributes === variable.attributes && sameData(before, variable))
    return image;
  const entry = encodeEntry(variable);
  const { store: fitting, image: room } = withRoom(image, store, entry.length, before);
  room.set(entry, fitting.freeAt);
  return room;
}

/** The image with `before` deleted and room for an entry. */
function withRoom(
  image: Uint8Array,
  store: VariableStore,
  entryBytes: number,
  before: StoredVariable | undefined,
): { image: Uint8Array; store: VariableStore } {
  const end = store.offset + store.sizeBytes;
  const isErased = image.subarray(store.freeAt, end).every((byte) => byte === ERASED);
  if (isErased && store.freeAt + entryBytes <= end) {
    if (before !== undefined) image[before.offset + 2] = before.state & IN_DELETED_TRANSITION & DELETED;
    return { image, store };
  }
  const kept = liveVariables(store).filter((each) => each !== before);
  const log = concat(kept.map((each) => alignedEntry(image, each)));
  const freeAt = store.offset + STORE_HEADER_BYTES + log.length;
  if (freeAt + entryBytes > end) {
    throw new WireError(
      "WIRE_BAD_LENGTH",
      `the store of ${store.sizeBytes} bytes has no room for ${entryBytes} more`,
    );
  }
  image.fill(ERASED, store.offset + STORE_HEADER_BYTES, end);
  image.set(log, store.offset + STORE_HEADER_BYTES);
  return { image, store: { ...store, freeAt } };
}

/** An entry as it stands; one that ended with the store gets the bytes that align what now follows it. */
function alignedEntry(image: Uint8Array, { offset, sizeBytes }: StoredVariable): Uint8Array {
  const entry = new Uint8Array(align(sizeBytes)).fill(ERASED);
  entry.set(image.subarray(offset, offset + sizeBytes));
  return entry;
}

function encodeEntry({ name, guid, attributes, data }: Variable): Uint8Array {
  const nameBytes = encodeName(name);
  const entry = new Uint8Array(align(HEADER_BYTES + nameBytes.length + data.length)).fill(ERASED);
  entry.fill(0, 0, HEADER_BYTES);
  const view = new DataView(entry.buffer);
  view.setUint16(0, START_ID, true);
  view.setUint8(2, ADDED);
  view.setUint32(4, attributes, true);
  view.setUint32(36, nameBytes.length, true);
  view.setUint32(40, data.length, true);
  entry.set(encodeGuid(guid), 44);
  entry.set(nameBytes, HEADER_BYTES);
  entry.set(data, HEADER_BYTES + nameBytes.length);
  return entry;
}

function decodeName(bytes: Uint8Array): string {
  const text = new TextDecoder("utf-16le").decode(bytes);
  const end = text.indexOf("\0");
  return end < 0 ? text : text.slice(0, end);
}

function encodeName(name: string): Uint8Array {
  const bytes = new Uint8Array(2 * name.length + 2);
  const view = new DataView(bytes.buffer);
  for (let index = 0; index < name.length; index++) view.setUint16(2 * index, name.charCodeAt(index), true);
  return bytes;
}

function isSame(a: Variable, b: Variable): boolean {
  return a.name === b.name && a.guid === b.guid;
}

function sameData(a: Variable, b: Variable): boolean {
  return a.data.length === b.data.length && a.data.every((byte, index) => byte === b.data[index]);
}

function align(value: number): number {
  return Math.ceil(value / ALIGNMENT) * ALIGNMENT;
}
