/** Makes capture files and the frames in them, for tests of what reads them. */

/** Numbers of 4 bytes each. */
function words(littleEndian: boolean, ...values: readonly number[]): Uint8Array {
  const bytes = new Uint8Array(4 * values.length);
  const view = new DataView(bytes.buffer);
  for (const [i, value] of values.entries()) view.setUint32(4 * i, value, littleEndian);
  return bytes;
}

export interface FilePacket {
  readonly seconds: number;
  /** Of a second, in the file's own unit. */
  readonly fraction: number;
  readonly bytes: Uint8Array;
}

export interface FileOptions {
  readonly littleEndian: boolean;
  readonly link: number;
}

/** A classic capture file; `magic` tells the unit of fractions. */
export function pcapFile(
  packets: readonly FilePacket[],
  { littleEndian, link }: FileOptions,
  magic = 0xa1b2c3d4,
): Uint8Array {
  const records = packets.map(({ seconds, fraction, bytes }) => [
    words(littleEndian, seconds, fraction, bytes.length, bytes.length),
    bytes,
  ]);
  const header = words(littleEndian, magic, littleEndian ? 0x0004_0002 : 0x0002_0004, 0, 0, 65535, link);
  return Buffer.concat([header, ...records.flat()]);
}

export function pcapngBlock(type: number, body: Uint8Array, littleEndian: boolean): Uint8Array {
  const padded = Buffer.concat([body, new Uint8Array((4 - (body.length % 4)) % 4)]);
  const length = padded.length + 12;
  return Buffer.concat([words(littleEndian, type, length), padded, words(littleEndian, length)]);
}

/** A Wireshark file of one section and one interface, whose times are in nanoseconds. */
export function pcapngFile(packets: readonly FilePacket[], { littleEndian, link }: FileOptions): Uint8Array {
  const block = (type: number, ...parts: readonly Uint8Array[]) =>
    pcapngBlock(type, Buffer.concat(parts), littleEndian);
  const half = (value: number) => {
    const bytes = new Uint8Array(2);
    new DataView(bytes.buffer).setUint16(0, value, littleEndian);
    return bytes;
  };
  const resolution = Buffer.concat([half(9), half(1), Uint8Array.of(9, 0, 0, 0)]);
  return Buffer.concat([
    block(0x0a0d0d0a, words(littleEndian, 0x1a2b3c4d, 0x0000_0001, 0xffffffff, 0xffffffff)),
    block(1, half(link), half(0), words(littleEndian, 0), resolution),
    ...packets.map(({ seconds, fraction, bytes }) => {
      const units = BigInt(seconds) * 1_000_000_000n + BigInt(fraction);
      const time = words(littleEndian, Number(units >> 32n), Number(units & 0xffff_ffffn));
      return block(6, words(littleEndian, 0), time, words(littleEndian, bytes.length, bytes.length), bytes);
    }),
  ]);
}

export interface FrameFacts {
  readonly protocol: number;
  readonly from: string;
  readonly to: string;
  /** What follows the IP header. */
  readonly body: Uint8Array;
}

const address = (text: string) => text.split(".").map(Number);
const half = (value: number) => [value >> 8, value & 0xff];

/** An IPv4 packet; checksums are left out, nobody here looks at them. */
export function ipPacket({ protocol, from, to, body }: FrameFacts): Uint8Array {
  const start = [0x45, 0, ...half(20 + body.length), 0, 0, 0, 0, 64, protocol, 0, 0];
  return Uint8Array.of(...start, ...address(from), ...address(to), ...body);
}

export function udp(from: string, to: string, payload: Uint8Array): Uint8Array {
  const [source = "", sourcePort] = from.split(":");
  const [destination = "", destinationPort] = to.split(":");
  const ports = [...half(Number(sourcePort)), ...half(Number(destinationPort))];
  const body = Uint8Array.of(...ports, ...half(8 + payload.length), 0, 0, ...payload);
  return ipPacket({ protocol: 17, from: source, to: destination, body });
}

export function tcp(from: string, to: string, payload: Uint8Array): Uint8Array {
  const [source = "", sourcePort] = from.split(":");
  const [destination = "", destinationPort] = to.split(":");
  const ports = [...half(Number(sourcePort)), ...half(Number(destinationPort))];
  const body = Uint8Array.of(...ports, 0, 0, 0, 0, 0, 0, 0, 0, 0x50, 0x18, 0, 0, 0, 0, 0, 0, ...payload);
  return ipPacket({ protocol: 6, from: source, to: destination, body });
}

/** An Ethernet frame around an IPv4 packet. */
export function ethernet(packet: Uint8Array, ...tags: readonly number[]): Uint8Array {
  const vlan = tags.flatMap((tag) => [0x81, 0x00, ...half(tag)]);
  return Uint8Array.of(...new Array<number>(12).fill(2), ...vlan, 0x08, 0x00, ...packet);
}
