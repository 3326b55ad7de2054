/** Netlink messages of the kernel's about network links: a list is asked for, and read. */

import { WireError } from "../error.ts";

/** A network interface, as `ip -d link` shows it. */
export interface NetworkLink {
  /** The kernel's number. */
  readonly index: number;
  readonly name: string;
  /** `veth`, `macvlan`, `bridge`, `vlan`, `tun` …; absent: a card, real or of a virtual machine, or loopback. */
  readonly kind?: string;
}

/** Part of the kernel's answer: there are more until one has the end in it. */
export interface LinkList {
  readonly links: readonly NetworkLink[];
  readonly isLast: boolean;
}

const MESSAGE_HEADER_BYTES = 16;
/** `struct ifinfomsg`: the family, the type, the number, flags and what changed. */
const LINK_HEADER_BYTES = 16;
const ATTRIBUTE_HEADER_BYTES = 4;
/** Attributes and messages begin at multiples of it. */
const ALIGNMENT = 4;

const NLMSG_ERROR = 2;
const NLMSG_DONE = 3;
const RTM_NEWLINK = 16;
const RTM_GETLINK = 18;
const NLM_F_REQUEST = 1;
const NLM_F_DUMP = 0x300;

const IFLA_IFNAME = 3;
const IFLA_LINKINFO = 18;
const IFLA_INFO_KIND = 1;
/** The upper two bits of an attribute's type are flags. */
const TYPE_MASK = 0x3fff;

/**
 * Writes the request for a list of all links.
 *
 * @param isLittle - the machine's byte order, which netlink has
 * @see rtnetlink(7)
 */
export function encodeLinkRequest(isLittle: boolean): Uint8Array {
  const bytes = new Uint8Array(MESSAGE_HEADER_BYTES + LINK_HEADER_BYTES);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, bytes.length, isLittle);
  view.setUint16(4, RTM_GETLINK, isLittle);
  view.setUint16(6, NLM_F_REQUEST | NLM_F_DUMP, isLittle);
  return bytes;
}

/**
 * Reads one datagram of the answer.
 *
 * @throws {@link WireError} `WIRE_TRUNCATED`, or `WIRE_BAD_VALUE` when the kernel answers with an error
 */
export function decodeLinks(bytes: Uint8Array, isLittle: boolean): LinkList {
  const links: NetworkLink[] = [];
  let isLast = false;
  for (const { type, body } of split(bytes, MESSAGE_HEADER_BYTES, (view) => ({
    length: view.getUint32(0, isLittle),
    type: view.getUint16(4, isLittle),
  }))) {
    if (type === NLMSG_ERROR) throw new WireError("WIRE_BAD_VALUE", "netlink answers with an error", 0);
    if (type === NLMSG_DONE) isLast = true;
    if (type === RTM_NEWLINK) links.push(decodeLink(body, isLittle));
  }
  return { links, isLast };
}

function decodeLink(bytes: Uint8Array, isLittle: boolean): NetworkLink {
  if (bytes.length < LINK_HEADER_BYTES)
    throw new WireError("WIRE_TRUNCATED", "a link has 16 bytes at least", 0);
  const index = viewOf(bytes).getInt32(4, isLittle);
  const attributes = decodeAttributes(bytes.subarray(LINK_HEADER_BYTES), isLittle);
  const info = attributes.get(IFLA_LINKINFO);
  const kind = info === undefined ? undefined : decodeAttributes(info, isLittle).get(IFLA_INFO_KIND);
  return {
    index,
    name: readText(attributes.get(IFLA_IFNAME) ?? new Uint8Array()),
    ...(kind === undefined ? {} : { kind: readText(kind) }),
  };
}

function decodeAttributes(bytes: Uint8Array, isLittle: boolean): ReadonlyMap<number, Uint8Array> {
  const parts = split(bytes, ATTRIBUTE_HEADER_BYTES, (view) => ({
    length: view.getUint16(0, isLittle),
    type: view.getUint16(2, isLittle) & TYPE_MASK,
  }));
  return new Map(parts.map(({ type, body }) => [type, body]));
}

interface Part {
  readonly type: number;
  readonly body: Uint8Array;
}

/** Cuts bytes into parts that begin with their own length. */
function split(
  bytes: Uint8Array,
  headerBytes: number,
  readHeader: (view: DataView) => { readonly length: number; readonly type: number },
): Part[] {
  const parts: Part[] = [];
  for (let offset = 0; offset + headerBytes <= bytes.length; ) {
    const { length, type } = readHeader(viewOf(bytes.subarray(offset)));
    if (length < headerBytes || offset + length > bytes.length) {
      throw new WireError(
        "WIRE_TRUNCATED",
        `a part of ${length} bytes where ${bytes.length - offset} are left`,
        offset,
      );
    }
    parts.push({ type, body: bytes.subarray(offset + headerBytes, offset + length) });
    offset += Math.ceil(length / ALIGNMENT) * ALIGNMENT;
  }
  return parts;
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** Text that ends with NUL. */
function readText(bytes: Uint8Array): string {
  const end = bytes.indexOf(0);
  return String.fromCharCode(...(end < 0 ? bytes : bytes.subarray(0, end)));
}
