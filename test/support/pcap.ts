/**
 * Reads capture files of tcpdump and Wireshark (classic pcap, not pcapng), and the UDP datagrams in them.
 *
 * @see draft-ietf-opsawg-pcap (the file format), RFC 791, RFC 768
 */

/** How each packet of a file begins. */
export const LINK = { ETHERNET: 1, RAW_IP: 101 } as const;

export interface Capture {
  /** One of {@link LINK}, or a number that is none of them. */
  readonly link: number;
  readonly packets: readonly CapturedPacket[];
}

export interface CapturedPacket {
  /** Its number in the file, from 1 as Wireshark counts. */
  readonly number: number;
  /** Milliseconds since 1970. */
  readonly timeMs: number;
  /** As captured: may be cut short. */
  readonly bytes: Uint8Array;
}

export interface UdpDatagram {
  readonly source: { readonly address: string; readonly port: number };
  readonly destination: { readonly address: string; readonly port: number };
  readonly payload: Uint8Array;
}

const FILE_HEADER_BYTES = 24;
const RECORD_HEADER_BYTES = 16;
/** The magic number tells the byte order and the unit of the fraction of a second. */
const FRACTIONS_PER_MS: ReadonlyMap<number, number> = new Map([
  [0xa1b2c3d4, 1_000],
  [0xa1b23c4d, 1_000_000],
]);
const ETHERNET_BYTES = 14;
const ETHERTYPE_IPV4 = 0x0800;
const PROTOCOL_UDP = 17;
const UDP_BYTES = 8;

/** Reads a capture file. @throws an error that says what is wrong with it */
export function readPcap(file: Uint8Array): Capture {
  const view = new DataView(file.buffer, file.byteOffset, file.length);
  if (file.length < FILE_HEADER_BYTES) throw new Error("not a pcap file: shorter than its header");
  const littleEndian = FRACTIONS_PER_MS.has(view.getUint32(0, true));
  const perMs = FRACTIONS_PER_MS.get(view.getUint32(0, littleEndian));
  if (perMs === undefined) throw new Error("not a pcap file: wrong magic number (a pcapng, perhaps)");

  const packets: CapturedPacket[] = [];
  let at = FILE_HEADER_BYTES;
  while (at + RECORD_HEADER_BYTES <= file.length) {
    const word = (index: number) => view.getUint32(at + 4 * index, littleEndian);
    const start = at + RECORD_HEADER_BYTES;
    const end = start + word(2);
    if (end > file.length) throw new Error(`the pcap file ends inside packet ${packets.length + 1}`);
    packets.push({
      number: packets.length + 1,
      timeMs: word(0) * 1_000 + word(1) / perMs,
      bytes: file.subarray(start, end),
    });
    at = end;
  }
  return { link: view.getUint32(20, littleEndian) & 0xffff, packets };
}

/** The UDP datagram in a packet; `undefined` for anything else, for fragments, and for one that was cut short. */
export function udpDatagram(packet: Uint8Array, link: number): UdpDatagram | undefined {
  const ip = ipv4Packet(packet, link);
  if (ip === undefined || ip.length < 20) return undefined;
  const view = new DataView(ip.buffer, ip.byteOffset, ip.length);
  const headerBytes = (view.getUint8(0) & 0x0f) * 4;
  const isFragment = (view.getUint16(6) & 0x3fff) !== 0;
  if (view.getUint8(0) >> 4 !== 4 || view.getUint8(9) !== PROTOCOL_UDP || isFragment) return undefined;
  if (ip.length < headerBytes + UDP_BYTES) return undefined;

  const length = view.getUint16(headerBytes + 4);
  if (length < UDP_BYTES || ip.length < headerBytes + length) return undefined;
  return {
    source: { address: ip.subarray(12, 16).join("."), port: view.getUint16(headerBytes) },
    destination: { address: ip.subarray(16, 20).join("."), port: view.getUint16(headerBytes + 2) },
    payload: ip.slice(headerBytes + UDP_BYTES, headerBytes + length),
  };
}

function ipv4Packet(packet: Uint8Array, link: number): Uint8Array | undefined {
  if (link === LINK.RAW_IP) return packet;
  if (link !== LINK.ETHERNET || packet.length < ETHERNET_BYTES) return undefined;
  const view = new DataView(packet.buffer, packet.byteOffset, packet.length);
  return view.getUint16(12) === ETHERTYPE_IPV4 ? packet.subarray(ETHERNET_BYTES) : undefined;
}
