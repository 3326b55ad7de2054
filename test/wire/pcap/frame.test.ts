import fc from "fast-check";
import { expect, test } from "vitest";
import { encodeTcpFrame, encodeUdpFrame, type Frame, TCP_FLAG } from "../../../src/wire/pcap/frame.ts";
import { decodeTransport, LINK } from "../../../src/wire/pcap/transport.ts";

const byte = fc.integer({ min: 0, max: 255 });
const station = fc.record({
  address: fc.tuple(byte, byte, byte, byte).map((bytes) => bytes.join(".")),
  port: fc.integer({ min: 0, max: 65_535 }),
  mac: fc.constant("52:54:00:12:34:56"),
});
const payload = fc.uint8Array({ maxLength: 1500 });

/** What a receiver finds: the ones' complement sum of it all is zero. */
function sumOf(bytes: Uint8Array, start = 0): number {
  let sum = start;
  for (let at = 0; at < bytes.length; at += 2) sum += ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return sum;
}

function expectChecksums({ bytes }: Frame): void {
  const ip = bytes.subarray(14, 34);
  const transport = bytes.subarray(34);
  expect(sumOf(ip)).toBe(0xffff);
  expect(sumOf(transport, sumOf(ip.subarray(12)) + (ip[9] ?? 0) + transport.length)).toBe(0xffff);
}

test("a datagram that is written is read again, with checksums that hold", () => {
  fc.assert(
    fc.property(station, station, payload, (source, destination, bytes) => {
      const frame = encodeUdpFrame({ source, destination, payload: bytes });
      expectChecksums(frame);
      expect(frame.wireBytes).toBe(frame.bytes.length);
      expect(decodeTransport(frame.bytes, LINK.ETHERNET)).toEqual({
        type: "udp",
        source: { address: source.address, port: source.port },
        destination: { address: destination.address, port: destination.port },
        payload: Uint8Array.from(bytes),
      });
    }),
  );
});

test.each([TCP_FLAG.SYN, TCP_FLAG.ACK | TCP_FLAG.PSH])("a segment with the flags %i, too", (flags) => {
  fc.assert(
    fc.property(station, station, payload, (source, destination, bytes) => {
      const numbers = { sequence: 0xffff_fffe, acknowledgment: 7, flags };
      const frame = encodeTcpFrame({ source, destination, payload: bytes, ...numbers });
      expectChecksums(frame);
      const read = decodeTransport(frame.bytes, LINK.ETHERNET);
      expect(read).toMatchObject({ type: "tcp", payload: Uint8Array.from(bytes) });
    }),
  );
});

test("what is cut keeps its beginning and says how long it was", () => {
  const ends = { address: "10.0.0.1", port: 69, mac: "52:54:00:12:34:56" };
  const frame = encodeUdpFrame({ source: ends, destination: ends, payload: new Uint8Array(1400), keep: 64 });
  expect([frame.bytes.length, frame.wireBytes]).toEqual([14 + 20 + 8 + 64, 14 + 20 + 8 + 1400]);
  // Length of the IP packet, and no checksum that nobody could check.
  expect(new DataView(frame.bytes.buffer).getUint16(16)).toBe(20 + 8 + 1400);
  expect(new DataView(frame.bytes.buffer).getUint16(40)).toBe(0);
});
