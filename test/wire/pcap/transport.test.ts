import { expect, test } from "vitest";
import { decodeTransport, LINK } from "../../../src/wire/pcap/transport.ts";
import { ethernet, ipPacket, tcp, udp } from "../../support/capture-file.ts";

const PAYLOAD = Uint8Array.of(1, 2, 3);
const DATAGRAM = udp("10.0.0.1:67", "255.255.255.255:68", PAYLOAD);
const READ = {
  type: "udp",
  source: { address: "10.0.0.1", port: 67 },
  destination: { address: "255.255.255.255", port: 68 },
  payload: PAYLOAD,
};

test.each([
  ["Ethernet", LINK.ETHERNET, ethernet(DATAGRAM)],
  ["Ethernet with a VLAN tag", LINK.ETHERNET, ethernet(DATAGRAM, 12)],
  ["Ethernet with two", LINK.ETHERNET, ethernet(DATAGRAM, 12, 13)],
  ["bare IP", LINK.RAW_IP, DATAGRAM],
  ["tcpdump -i any", LINK.COOKED, Uint8Array.of(...new Array<number>(14).fill(0), 8, 0, ...DATAGRAM)],
  [
    "a newer tcpdump -i any",
    LINK.COOKED2,
    Uint8Array.of(8, 0, ...new Array<number>(18).fill(0), ...DATAGRAM),
  ],
  ["a short frame, padded", LINK.ETHERNET, Uint8Array.of(...ethernet(DATAGRAM), 0, 0, 0, 0, 0, 0)],
])("a datagram is read from %s", (_, link, frame) => {
  expect(decodeTransport(frame, link)).toEqual(READ);
});

test("a segment is read without its header", () => {
  const frame = ethernet(
    tcp("10.0.0.9:40000", "10.0.0.2:8080", new TextEncoder().encode("GET / HTTP/1.1\r\n")),
  );
  expect(decodeTransport(frame, LINK.ETHERNET)).toMatchObject({
    type: "tcp",
    destination: { address: "10.0.0.2", port: 8080 },
    payload: new TextEncoder().encode("GET / HTTP/1.1\r\n"),
  });
});

test("the news that a port has nobody names that port (Q2)", () => {
  const quoted = udp("10.0.0.9:68", "10.0.0.1:4011", PAYLOAD);
  const body = Uint8Array.of(3, 3, 0, 0, 0, 0, 0, 0, ...quoted);
  const frame = ethernet(ipPacket({ protocol: 1, from: "10.0.0.1", to: "10.0.0.9", body }));
  expect(decodeTransport(frame, LINK.ETHERNET)).toEqual({
    type: "port-unreachable",
    source: "10.0.0.1",
    destination: "10.0.0.9",
    port: 4011,
  });
});

test.each([
  ["a datagram that was cut short", LINK.ETHERNET, ethernet(DATAGRAM).subarray(0, 43)],
  ["a fragment", LINK.ETHERNET, ethernet(DATAGRAM.map((byte, i) => (i === 6 ? 0x20 : byte)))],
  ["ARP", LINK.ETHERNET, ethernet(DATAGRAM).map((byte, i) => (i === 13 ? 6 : byte))],
  ["an unknown kind of frame", 147, DATAGRAM],
  ["nothing", LINK.ETHERNET, new Uint8Array()],
])("%s is passed over", (_, link, frame) => {
  expect(decodeTransport(frame, link)).toBeUndefined();
});
